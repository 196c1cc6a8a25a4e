import Checksum
import JournalCore
import StreamProtocol

/// A journal's files after a crash, a bad disk or somebody's hand: reading them must never trap, and what was read must
/// be the one way to write it. The first byte chooses the file; checksums are set right, so that the rest is reached.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJournal(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard let choice = input.first else { return 0 }
    let body = Array(input.dropFirst())
    switch choice % 4 {
    case 0:
        checkState(body)
        checkReleased(body)
        checkKept(body)
    case 1: checkHeader(body)
    case 2: checkFooter(body)
    default: checkFrames(body)
    }
    return 0
}

/// Pads to a length and closes with the checksum, as the writer does.
private func closed(_ body: [UInt8], _ count: Int) -> [UInt8] {
    var bytes = Array(body.prefix(count - 4))
    bytes += [UInt8](repeating: 0, count: count - 4 - bytes.count)
    let checksum = bytes.withUnsafeBytes { CRC32C(of: $0) }.value
    return bytes + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) }
}

private func checkState(_ body: [UInt8]) {
    for bytes in [body, closed(body, 512), closed(body, 512) + body.dropFirst(508)] {
        do throws(JournalFormatError) {
            let state = try bytes.withBytes { bytes throws(JournalFormatError) in try JournalState(reading: bytes) }
            let again = state.bytes
            let read = try again.withBytes { bytes throws(JournalFormatError) in try JournalState(reading: bytes) }
            precondition(read == state, "a state changed by being written")
        } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
    }
}

private func checkReleased(_ body: [UInt8]) {
    for bytes in [body, closed(body, 64), closed(body, 64) + body.dropFirst(60)] {
        do throws(JournalFormatError) {
            let list = try bytes.withBytes { bytes throws(JournalFormatError) in try ReleasedBookmarks(reading: bytes) }
            let again = list.bytes
            let read = try again.withBytes { bytes throws(JournalFormatError) in try ReleasedBookmarks(reading: bytes) }
            precondition(read == list, "a list changed by being written")
        } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
    }
}

private func checkKept(_ body: [UInt8]) {
    for bytes in [body, closed(body, 64), closed(body, 64) + body.dropFirst(60)] {
        do throws(JournalFormatError) {
            let list = try bytes.withBytes { bytes throws(JournalFormatError) in try KeptPoints(reading: bytes) }
            let again = list.bytes
            let read = try again.withBytes { bytes throws(JournalFormatError) in try KeptPoints(reading: bytes) }
            precondition(read == list, "a list changed by being written")
        } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
    }
}

private func checkHeader(_ body: [UInt8]) {
    for bytes in [body, closed(body, SegmentHeader.length)] {
        do throws(JournalFormatError) {
            let header = try bytes.withBytes { bytes throws(JournalFormatError) in try SegmentHeader(reading: bytes) }
            precondition(header.bytes.count == SegmentHeader.length, "a header changed by being written")
        } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
    }
}

private func checkFooter(_ body: [UInt8]) {
    let bytes = closed(body, SegmentFooter.length)
    for length in [4096, 8192, 1 << 20] as [UInt64] {
        do throws(JournalFormatError) {
            try bytes.withBytes { all throws(JournalFormatError) in
                let footer = try SegmentFooter(reading: all, fileLength: length)
                precondition(footer.fileLength == length, "a footer of another file")
                try footer.judge(fences: UnsafeRawBufferPointer(rebasing: all.prefix(footer.fencesRange.count)))
                _ = try footer.frames(UnsafeRawBufferPointer(rebasing: all.prefix(footer.framesRange.count)))
                _ = try footer.notes(UnsafeRawBufferPointer(rebasing: all.prefix(footer.notesRange.count)))
            }
        } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
    }
}

/// What recovery does with the bytes behind a segment's header.
private func checkFrames(_ body: [UInt8]) {
    var follower = StreamFollower(
        machine: MachineID(high: 1, low: 1), place: .start,
        volumes: [JournalVolume(number: VolumeNumber(0), size: 1 << 20, blockSize: 512)])
    let padded = body + [UInt8](repeating: 0, count: 4096 - body.count % 4096)
    do throws(StreamFormatError) {
        try padded.withBytes { bytes throws(StreamFormatError) in
            let frame = try Frame(judging: bytes)
            let raw = frame.header.codec == .none ? frame.storedPayload : nil
            do throws(JournalRefusal) {
                let followed = try follower.follow(frame, raw: raw, segment: 1, start: 4096, isRecovery: true)
                precondition(follower.place == followed.entry.place, "the follower went elsewhere")
            } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
        }
    } catch { precondition(!error.description.isEmpty, "a refusal without a sentence") }
}
