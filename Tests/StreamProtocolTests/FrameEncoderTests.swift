import Compression
import StreamProtocol
import Testing

@Suite struct FrameEncoderTests {
    let buffer = Buffer(FrameEncoder.bufferLength(recordLimit: 300))
    let target = Buffer(FrameLimits.frame)

    @Test func theFullestFrameFits() throws {
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: 300)
        let piece = Samples.block(5, count: 4_096)
        for number in 0..<256 {
            #expect(encoder.takes(payload: 4_096))
            piece.withUnsafeBytes {
                encoder.append(.write, volume: VolumeNumber(0), address: UInt64(number) * 8, payload: $0)
            }
        }
        #expect(!encoder.takes(payload: 512) && encoder.takes(payload: 0))
        while encoder.recordCount < 300 { encoder.append(.zero, volume: VolumeNumber(0), units: 1) }
        #expect(!encoder.takes(payload: 0))
        let frame = try Frame(judging: encoder.seal(Samples.header()))
        #expect(frame.header.rawLength == FrameLimits.payload && frame.bytes.count % FrameLimits.alignment == 0)
        try frame.check(raw: frame.storedPayload)
    }

    @Test func aBufferIsUsedAgain() throws {
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: 300)
        var seen: [[UInt8]] = []
        for _ in 0..<2 {
            encoder.removeAll()
            #expect(encoder.isEmpty)
            encoder.appendPlace(length: 512).copyBytes(from: Samples.block(6))
            encoder.append(.write, volume: VolumeNumber(2), address: 3, units: 1)
            encoder.append(.flush, volume: VolumeNumber(2))
            #expect(encoder.endsEpoch && !encoder.takes(payload: 0))
            seen.append(Array(encoder.seal(Samples.header())))
        }
        #expect(seen[0] == seen[1])
    }

    @Test(arguments: [FrameCodec.lz4, .zstd]) func aCompressedFrameExpandsToTheSame(codec: FrameCodec) throws {
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: 300)
        let text = Array(repeatElement(Array("replication".utf8), count: 400).joined().prefix(4_096))
        text.withUnsafeBytes { encoder.append(.write, volume: VolumeNumber(0), address: 1, payload: $0) }
        let zstd = Zstd()
        let sealed = encoder.seal(Samples.header(), codec: codec, into: target.bytes) { raw, target in
            codec == .lz4 ? LZ4.compress(raw, into: target) : zstd.compress(raw, into: target)
        }
        let frame = try Frame(judging: try #require(sealed))
        #expect(frame.header.storedLength < 512 && frame.header.rawLength == 4_096)
        let raw = Buffer(4_096)
        if codec == .lz4 {
            try LZ4.expand(frame.storedPayload, into: raw.bytes)
        } else {
            try zstd.expand(frame.storedPayload, into: raw.bytes)
        }
        #expect(Array(raw.bytes) == text)
        try frame.check(raw: UnsafeRawBufferPointer(raw.bytes))
    }

    @Test func whatDoesNotPayStaysRaw() throws {
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: 300)
        var state: UInt64 = 1
        let noise = (0..<4_096).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        noise.withUnsafeBytes { encoder.append(.write, volume: VolumeNumber(0), payload: $0) }
        let sealed = encoder.seal(Samples.header(), codec: .lz4, into: target.bytes) { LZ4.compress($0, into: $1) }
        #expect(sealed == nil)
        let frame = try Frame(judging: encoder.seal(Samples.header()))
        #expect(Array(frame.storedPayload) == noise)
    }

    @Test func aVolumeChangeTravelsAsPayload() throws {
        let change = VolumeChange(size: 1 << 40, blockSize: 4_096, name: "数据")
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: 300)
        change.bytes.withUnsafeBytes { encoder.append(.configuration, volume: VolumeNumber(1), payload: $0) }
        let bookmark = try #require(BookmarkText("before"))
        bookmark.bytes.withUnsafeBytes { encoder.append(.mark, volume: VolumeNumber(0), payload: $0) }
        let frame = try Frame(judging: encoder.seal(Samples.header()))
        let payload = frame.storedPayload
        #expect(try VolumeChange(reading: UnsafeRawBufferPointer(rebasing: payload[..<512])) == change)
        #expect(try BookmarkText(reading: UnsafeRawBufferPointer(rebasing: payload[512...])) == bookmark)
        #expect(frame.header.flags.contains(.endsEpoch))
    }

    @Test(arguments: [(0, 1), (8, 1), (12, 0), (13, 1), (14, 0xFF), (600, 1)])
    func anImpossibleVolumeChangeIsRefused(offset: Int, value: UInt8) {
        var bytes = VolumeChange(size: 1 << 40, blockSize: 4_096, name: "data").bytes
        if offset < bytes.count { bytes[offset] = value } else { bytes.append(value) }
        #expect(throws: StreamFormatError.self) { try bytes.withUnsafeBytes { try VolumeChange(reading: $0) } }
    }

    @Test func impossibleBookmarksAreRefused() {
        #expect(BookmarkText("") == nil && BookmarkText("a\0b") == nil)
        #expect(BookmarkText(String(repeating: "x", count: 501)) == nil)
        for bytes in [[UInt8](repeating: 0, count: 512), Array("a\0b".utf8) + [UInt8](repeating: 0, count: 509)] {
            #expect(throws: StreamFormatError.self) { try bytes.withUnsafeBytes { try BookmarkText(reading: $0) } }
        }
    }
}
