import Compression
import Testing

@Suite struct BlockCodecsTests {
    private let raw = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 100) })

    private func compressed(_ codec: String) throws -> [UInt8] {
        var target = [UInt8](repeating: 0, count: raw.count)
        let zstd = Zstd(level: 3)
        let count = raw.withUnsafeBytes { raw in
            target.withUnsafeMutableBytes {
                codec == "lz4" ? LZ4.compress(raw, into: $0) : zstd.compress(raw, into: $0)
            }
        }
        return Array(target.prefix(try #require(count)))
    }

    private func expand(_ codec: String, _ stored: [UInt8], count: Int) throws -> [UInt8] {
        var target = [UInt8](repeating: 0, count: count)
        let zstd = Zstd()
        try stored.withUnsafeBytes { stored in
            try target.withUnsafeMutableBytes {
                if codec == "lz4" { try LZ4.expand(stored, into: $0) } else { try zstd.expand(stored, into: $0) }
            }
        }
        return target
    }

    @Test(arguments: ["lz4", "zstd"]) func expandsToWhatItWas(codec: String) throws {
        let stored = try compressed(codec)
        #expect(stored.count < raw.count / 20)
        #expect(try expand(codec, stored, count: raw.count) == raw)
    }

    @Test(arguments: ["lz4", "zstd"]) func anotherLengthThanAnnouncedIsRefused(codec: String) throws {
        let stored = try compressed(codec)
        for count in [0, 1, raw.count - 1, raw.count + 1] {
            #expect(throws: ExpansionFailure.self) { try expand(codec, stored, count: count) }
        }
        #expect(throws: ExpansionFailure.self) { try expand(codec, Array(stored.dropLast()), count: raw.count) }
    }

    @Test func aTargetThatIsTooShortGivesNothing() {
        var target = [UInt8](repeating: 0, count: 16)
        let zstd = Zstd()
        raw.withUnsafeBytes { raw in
            target.withUnsafeMutableBytes {
                #expect(LZ4.compress(raw, into: $0) == nil)
                #expect(zstd.compress(raw, into: $0) == nil)
            }
        }
    }
}
