import Glibc
import JournalCore
import Linux
import StreamProtocol

/// What was found in a segment without a footer.
struct RecoveredSegment {
    let header: SegmentHeader
    let path: String
    private let isHeaderWhole: Bool
    var frames: [FrameEntry] = []
    var notes: [JournalNote] = []
    var index = OpenIndex()
    var end: JournalPlace
    /// Why the run of whole frames ends where it does; nil at zeros or at the end of the file.
    var damage: String?

    /// Reads frame by frame and stops at the first one that is not whole or does not follow. Blocks.
    ///
    /// - Parameter follower: behind the segment ahead; moves on.
    /// - Throws: `SystemError`.
    init(scanning path: String, number: UInt32, follower: inout StreamFollower) throws {
        self.path = path
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let length = try file.length(subject: path)
        let first = try file.readRange(0..<min(length, UInt64(SegmentHeader.length)), subject: path)
        // All that a header says is known from the segment ahead; a crash may have left it unwritten.
        let expected = SegmentHeader(machine: follower.machine, number: number, start: follower.place)
        do throws(JournalFormatError) {
            let found = try first.withBytes { bytes throws(JournalFormatError) in try SegmentHeader(reading: bytes) }
            guard found == expected else {
                throw .foreign(.segmentHeader, "its machine, number or start is another one")
            }
            isHeaderWhole = true
        } catch {
            damage = "\(error)"
            isHeaderWhole = false
        }
        header = expected
        end = header.start
        var expansion = FrameExpansion()
        var start = SegmentHeader.length
        while let next = try step(file, start, Int(length), &follower, &expansion) { start = next }
    }

    private mutating func step(
        _ file: borrowing OwnedDescriptor, _ start: Int, _ length: Int, _ follower: inout StreamFollower,
        _ expansion: inout FrameExpansion
    ) throws(SystemError) -> Int? {
        guard start + FrameLimits.alignment <= length else { return nil }
        let path = path
        let page = try file.readRange(UInt64(start)..<UInt64(start + FrameLimits.alignment), subject: path)
        if page.allSatisfy({ $0 == 0 }) { return nil }
        do throws(StreamFormatError) {
            let count = try page.withBytes { bytes throws(StreamFormatError) in
                try FrameHeader(reading: bytes).frameLength
            }
            guard start + count <= length else { throw .truncated(needed: count, present: length - start) }
            return try takeFrame(file, start, count, &follower, &expansion)
        } catch {
            damage = "the frame at byte \(start): \(error)"
            return nil
        }
    }

    private mutating func takeFrame(
        _ file: borrowing OwnedDescriptor, _ start: Int, _ count: Int, _ follower: inout StreamFollower,
        _ expansion: inout FrameExpansion
    ) throws(StreamFormatError) -> Int? {
        let path = path
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try file.readRange(UInt64(start)..<UInt64(start + count), subject: path)
        } catch {
            damage = "\(error)"
            return nil
        }
        let outcome = try bytes.withBytes { bytes throws(StreamFormatError) -> Result<FollowedFrame, JournalRefusal> in
            let frame = try Frame(judging: bytes)
            let raw = frame.hasNotes ? try expansion.expand(frame) : nil
            do throws(JournalRefusal) {
                return .success(
                    try follower.follow(frame, raw: raw, segment: header.number, start: start, isRecovery: true))
            } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let frame):
            frames.append(frame.entry)
            notes.append(contentsOf: frame.notes)
            index.add(frame.extents)
            end = frame.entry.place
            return start + count
        case .failure(let refusal):
            damage = "the frame at byte \(start): \(refusal)"
            return nil
        }
    }

    /// Gives the file its full length again, with zeros behind the last whole frame.
    ///
    /// - Throws: `SystemError`.
    func clearTail(size: Int) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, flags: O_RDWR)
        let tail = frames.last?.range.upperBound ?? SegmentHeader.length
        try systemCall("shorten", path) { ftruncate(file.raw, off_t(tail)) }
        if !isHeaderWhole {
            try header.bytes.withBytes { bytes throws(SystemError) in try file.write(bytes, at: 0, subject: path) }
        }
        let code = posix_fallocate(file.raw, 0, off_t(max(size, tail)))
        guard code == 0 else { throw SystemError(operation: "reserve space for", subject: path, errno: code) }
        try systemCall("flush", path) { fsync(file.raw) }
    }
}
