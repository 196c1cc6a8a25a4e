import Checksum
import StreamProtocol

/// What comes over a stream's wire or out of a journal must never trap, must read the same twice, and what was
/// understood must survive being written and read again. The first byte says how the rest is handed over; checksums
/// are made right on the way, so that the fuzzer gets behind them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrame(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 1, let bytes else { return 0 }
    var input = Array(UnsafeBufferPointer(start: bytes + 1, count: count - 1))
    if bytes[0] & 1 == 1 { repairFrame(&input) }
    if bytes[0] & 2 == 2 { repairMessage(&input) }
    checkFrame(input)
    checkMessage(input)
    checkParser(input, piece: Int(bytes[0] >> 2) + 1)
    return 0
}

private func checkFrame(_ input: [UInt8]) {
    input.withUnsafeBytes { bytes in
        let (first, second) = (frame(bytes), frame(bytes))
        precondition(first?.header == second?.header, "the same bytes were read in two ways")
        guard let first else { return }
        precondition(first.bytes.count <= bytes.count && first.bytes.count % FrameLimits.alignment == 0)
        var payload = 0
        for number in 0..<first.header.recordCount { payload += first.record(number).payloadLength }
        precondition(payload == first.header.rawLength, "records do not cover the payload")
        precondition(ChainDigest.empty.following(first) != ChainDigest.empty)
        if first.header.codec == .none { _ = problem { try first.check(raw: first.storedPayload) } }
        checkPayload(first)
    }
}

private func checkPayload(_ frame: Frame) {
    guard frame.header.codec == .none else { return }
    for number in 0..<frame.header.recordCount {
        let record = frame.record(number)
        let range = record.offset..<record.offset + record.payloadLength
        let own = UnsafeRawBufferPointer(rebasing: frame.storedPayload[range])
        _ = problem {
            var again: [UInt8]?
            if record.kind == .configuration { again = try VolumeChange(reading: own).bytes }
            if record.kind == .mark { again = try BookmarkText(reading: own).bytes }
            precondition(again == nil || again == Array(own), "a payload changed by being written")
        }
    }
}

private func frame(_ bytes: UnsafeRawBufferPointer) -> Frame? {
    var found: Frame?
    _ = problem { found = try Frame(judging: bytes) }
    return found
}

private func checkMessage(_ input: [UInt8]) {
    input.withUnsafeBytes { bytes in
        _ = problem {
            let message = try StreamMessage(reading: bytes)
            let again = message.bytes
            let second = try again.withUnsafeBytes { try StreamMessage(reading: $0) }
            precondition(second == message, "a message changed by being written")
        }
    }
}

/// One place for all: the parser asks for it to stay the same until an item is whole.
private nonisolated(unsafe) let place = UnsafeMutableRawBufferPointer.allocate(
    byteCount: StreamParser.placeLength, alignment: FrameLimits.alignment)

private func checkParser(_ input: [UInt8], piece: Int) {
    input.withUnsafeBytes { bytes in
        var parser = StreamParser()
        var start = 0
        _ = problem {
            while start < bytes.count {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)])
                let (taken, item) = try parser.take(part, into: place)
                precondition(taken > 0 && (item != nil || taken == part.count), "bytes were left lying")
                start += taken
            }
        }
    }
}

private func problem(_ body: () throws -> Void) -> (any Error)? {
    do {
        try body()
        return nil
    } catch {
        precondition(!"\(error)".isEmpty, "an error without a sentence")
        return error
    }
}

// MARK: Checksums

private func put(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
    for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte))) }
}

private func number(_ bytes: [UInt8], at offset: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
}

private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.withUnsafeBytes { CRC32C(of: $0).value } }

private func repairFrame(_ bytes: inout [UInt8]) {
    guard bytes.count >= 100 else { return }
    put(checksum(bytes[..<92]), at: 92, in: &bytes)
    let end = 96 + number(bytes, at: 72) * 24 + number(bytes, at: 80)
    // The padding is zeros, of which the input need not bring any.
    let whole = (end + 4 + 4_095) / 4_096 * 4_096
    guard end <= 8_192, bytes.count <= end + 4 else { return }
    bytes += [UInt8](repeating: 0, count: whole - bytes.count)
    put(checksum(bytes[..<end]), at: end, in: &bytes)
}

private func repairMessage(_ bytes: inout [UInt8]) {
    guard bytes.count >= 20 else { return }
    put(UInt32(bytes.count - 20), at: 8, in: &bytes)
    put(checksum(bytes[..<12]), at: 12, in: &bytes)
    put(checksum(bytes[16..<(bytes.count - 4)]), at: bytes.count - 4, in: &bytes)
}
