import Checksum
import Compression
import StreamProtocol
import Testing

@Suite struct FrameTests {
    @Test func whatWasWrittenIsRead() throws {
        try Samples.frame().withUnsafeBytes { bytes in
            #expect(bytes.count == 4_096)
            let frame = try Frame(judging: bytes)
            #expect(frame.header.firstSequence == 7 && frame.header.lastSequence == 10)
            #expect(frame.header.machine == Samples.machine && frame.header.generation == Generation(3))
            #expect(frame.header.writeEpoch == 11 && frame.header.bytesAhead == 4_096)
            #expect(frame.header.flags == .endsEpoch && frame.header.codec == .none)
            #expect(frame.header.rawLength == 1_536)
            #expect((0..<4).map { frame.record($0).kind } == [.write, .zero, .write, .forcedWrite])
            #expect((0..<4).map { frame.record($0).offset } == [0, 0, 512, 1_024])
            #expect(frame.record(1).address == 1 << 40 && frame.record(1).units == 4_096)
            #expect(Array(frame.storedPayload) == Samples.block(1) + Samples.block(2) + Samples.block(3))
            try frame.check(raw: frame.storedPayload)
        }
    }

    /// The layout of docs/replication.md, byte for byte.
    @Test func theBytesAreThoseOfTheContract() {
        let bytes = Samples.frame()
        #expect(Array(bytes[0..<8]) == Array("KLF1".utf8) + [0, 1, 0, 0])
        #expect(Array(bytes[8..<16]) == [0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01])
        #expect(Array(bytes[24..<40]) == [3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[72..<84]) == [4, 0, 0, 0, 0, 6, 0, 0, 0, 6, 0, 0])
        #expect(Array(bytes[96..<116]) == [0, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        let end = 96 + 4 * 24 + 1_536
        #expect(Array(bytes[96 + 96..<96 + 96 + 512]) == Samples.block(1))
        #expect(bytes[(end + 4)...].allSatisfy { $0 == 0 })
    }

    @Test func everyFlippedBitIsFoundAndNamed() {
        let whole = Samples.frame()
        let payload = 96 + 4 * 24
        let end = payload + 1_536
        var bytes = whole
        for bit in 0..<whole.count * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8)
            let expected: StreamPart =
                switch bit / 8 {
                case ..<96: .header
                case ..<payload: .record((bit / 8 - 96) / 24)
                case ..<(payload + 512): .payload(record: 0)
                case ..<(payload + 1_024): .payload(record: 2)
                case ..<end: .payload(record: 3)
                case ..<(end + 4): .closing
                default: .padding
                }
            let found = bytes.withUnsafeBytes { problem(of: $0) }
            if found != .damaged(expected) { Issue.record("bit \(bit): \(found?.description ?? "nothing")") }
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
        #expect(bytes == whole)
    }

    private func problem(of bytes: UnsafeRawBufferPointer) -> StreamFormatError? {
        do throws(StreamFormatError) {
            _ = try Frame(judging: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func twoFlippedBitsAreFoundWithoutAPlace() {
        var bytes = Samples.frame()
        bytes[300] ^= 1
        bytes[900] ^= 1
        #expect(bytes.withUnsafeBytes { problem(of: $0) } == .damaged(.body))
    }

    @Test(arguments: [0, 1, 95, 96, 97, 4_095]) func fewerBytesThanAnnouncedAreRefused(count: Int) {
        let found = Samples.frame().withUnsafeBytes { problem(of: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        #expect(found == .truncated(needed: count < 96 ? 96 : 4_096, present: count))
    }

    @Test func anUnknownVersionIsNamed() {
        var bytes = Samples.frame()
        bytes[3] = UInt8(ascii: "2")
        Self.close(&bytes)
        #expect(bytes.withUnsafeBytes { problem(of: $0) } == .unknownVersion(UInt8(ascii: "2")))
    }

    /// Contents that are impossible although every checksum is right: offset, new bytes.
    @Test(
        arguments: [
            (4, [3]), (5, [4]), (6, [1]), (72, [0, 0, 0, 0]), (72, [0xFF, 0xFF, 0xFF, 0xFF]), (76, [1, 6]),
            (76, [0, 0, 0, 0x7F]), (80, [0, 0, 0, 0x7F]), (32, [0, 0, 0, 0, 0, 0, 0, 0]), (5, [0]),
            (98, [0]), (98, [200]), (98, [5]), (99, [1]), (100, [0, 0, 0, 0]), (100, [0xFF, 0xFF, 0xFF, 0xFF]),
            (104, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), (112, [0xFF, 0xFF, 0xFF, 0xFF]),
            (96 + 24 + 16, [1]), (96 + 24 + 20, [1]), (96 + 48 + 2, [4]),
        ] as [(Int, [UInt8])])
    func impossibleContentsAreRefused(offset: Int, bytes replacement: [UInt8]) throws {
        var bytes = Samples.frame()
        bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
        Self.close(&bytes)
        let found = try #require(bytes.withUnsafeBytes { problem(of: $0) })
        switch found {
        case .malformed(.header, _): #expect(offset < 96)
        case .malformed, .truncated: break
        default: Issue.record("\(found)")
        }
    }

    /// Makes the checksums right again.
    static func close(_ bytes: inout [UInt8]) {
        func put(_ value: UInt32, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        put(bytes[..<92].withUnsafeBytes { CRC32C(of: $0).value }, at: 92)
        let end = 96 + 4 * 24 + 1_536
        put(bytes[..<end].withUnsafeBytes { CRC32C(of: $0).value }, at: end)
    }

    @Test func aDamagedExpandedPayloadIsNamedByItsRecord() throws {
        try Samples.frame().withUnsafeBytes { bytes in
            let frame = try Frame(judging: bytes)
            var raw = Array(frame.storedPayload)
            raw[600] ^= 4
            #expect(throws: StreamFormatError.damaged(.payload(record: 2))) {
                try raw.withUnsafeBytes { try frame.check(raw: $0) }
            }
            #expect(throws: StreamFormatError.self) {
                try raw.dropLast(512).withUnsafeBytes { try frame.check(raw: $0) }
            }
        }
    }

    /// The chain covers what the header and the records say, and so, by their checksums, all data.
    @Test func theChainTellsStreamsApart() throws {
        let one = Samples.frame()
        let first = try one.withUnsafeBytes { ChainDigest.empty.following(try Frame(judging: $0)) }
        let again = try one.withUnsafeBytes { ChainDigest.empty.following(try Frame(judging: $0)) }
        let second = try one.withUnsafeBytes { first.following(try Frame(judging: $0)) }
        #expect(first == again && first != second)
        let buffer = Buffer(FrameEncoder.bufferLength(recordLimit: 4))
        var encoder = FrameEncoder(buffer: buffer.bytes, recordLimit: 4)
        let digests = try [Samples.block(1), Samples.block(2)].map { block in
            encoder.removeAll()
            block.withUnsafeBytes { encoder.append(.write, volume: VolumeNumber(0), payload: $0) }
            return ChainDigest.empty.following(try Frame(judging: encoder.seal(Samples.header())))
        }
        #expect(digests[0] != digests[1])
    }
}
