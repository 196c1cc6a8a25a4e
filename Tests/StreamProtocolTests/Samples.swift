import StreamProtocol

/// A buffer that lives as long as the test.
final class Buffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        bytes = .allocate(byteCount: count, alignment: FrameLimits.alignment)
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
    }

    deinit { bytes.deallocate() }
}

enum Samples {
    static let machine = MachineID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)

    static func header(firstSequence: UInt64 = 7) -> FrameHeader {
        FrameHeader(
            machine: machine, generation: Generation(3), firstSequence: firstSequence, writeEpoch: 11,
            bytesAhead: 4_096,
            wallClock: 1_700_000_000_000_000_000, monotonicClock: 5_000_000_000)
    }

    static func block(_ seed: Int, count: Int = 512) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 31) }
    }

    /// Two writes, a range of zeros and a forced write.
    static func frame(recordLimit: Int = 16) -> [UInt8] {
        let buffer = Buffer(FrameEncoder.bufferLength(recordLimit: recordLimit))
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: recordLimit)
        block(1).withUnsafeBytes { encoder.append(.write, volume: VolumeNumber(0), address: 8, payload: $0) }
        encoder.append(.zero, volume: VolumeNumber(1), address: 1 << 40, units: 4_096)
        block(2).withUnsafeBytes { encoder.append(.write, volume: VolumeNumber(0), address: 9, payload: $0) }
        block(3).withUnsafeBytes { encoder.append(.forcedWrite, volume: VolumeNumber(1), address: 0, payload: $0) }
        return Array(encoder.seal(header()))
    }

    static let position = StreamPosition(
        generation: Generation(2), sequence: 99, digest: ChainDigest((0..<32).map { UInt8($0) }))

    static let messages: [StreamMessage] = [
        .hello(
            Hello(
                machine: machine, purpose: .copy, epoch: 4, session: 5, generation: Generation(6),
                predecessor: position,
                volumes: [
                    Hello.Volume(number: VolumeNumber(0), size: 1 << 40, blockSize: 512),
                    Hello.Volume(number: VolumeNumber(7), size: 4_096, blockSize: 4_096),
                ], level: .replicated, codecs: [.none, .zstd])),
        .answer(.accepted(durable: position, next: 100, credits: 1 << 26, codec: .lz4)),
        .answer(.refused(.wrongPredecessor, tail: position)),
        .acknowledgement(
            Acknowledgement(
                generation: Generation(6), received: 5, durable: 4, replicated: 3, applied: 2, credits: 1)),
        .bookmark(BookmarkText("vor dem Umbau 之前") ?? { preconditionFailure("a possible text") }()),
        .copyRange(CopyRange(volume: VolumeNumber(1), address: 8, units: 2, stored: block(4, count: 1_024))),
        .copyRange(CopyRange(volume: VolumeNumber(1), address: 8, units: 1 << 30, stored: [])),
        .copyEnd(CopyEnd(position: position, predecessor: .none, isConsistent: true)),
        .compare(
            CompareRequest(
                number: 1, volume: VolumeNumber(0), address: 16,
                hashes: [1, 2].map { seed in block(seed).withUnsafeBytes { BlockHash(of: $0) } })),
        .compared(CompareAnswer(number: 1, different: [0, 1, 2_047])),
        .report(SourceReport(bytesBehind: 1, oldestUnsafe: 2, copiedBytes: 3, bytesToCopy: 4)),
        .fetch(FetchRequest(number: 3, machine: machine, subject: .frame(after: position))),
        .fetch(
            FetchRequest(
                number: 4, machine: machine, subject: .range(VolumeNumber(2), address: 64, units: 8, at: position))),
        .fetched(FetchAnswer(number: 3, outcome: .absent)),
        .fetched(FetchAnswer(number: 4, outcome: .whole, bytes: block(6, count: 1_024))),
        .bye("the assignment changed"),
    ]
}
