import Checksum
import Testing

@Suite struct ChecksumTests {
    /// RFC 3720, appendix B.4: 32 bytes of zeros, of ones, rising and falling.
    static let published: [(bytes: [UInt8], expected: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        (Array((0..<32).reversed()), 0x113F_DB5C),
    ]

    @Test(arguments: published) func crc32cOfRFC3720(bytes: [UInt8], expected: UInt32) {
        let checksum = bytes.withUnsafeBytes { CRC32C(of: $0) }
        #expect(checksum.value == expected)
    }

    @Test func crc32cGoesOn() {
        let bytes = Array("123456789".utf8)
        let whole = bytes.withUnsafeBytes { CRC32C(of: $0) }
        let parts = bytes.withUnsafeBytes {
            CRC32C(of: UnsafeRawBufferPointer(rebasing: $0[4...]), after: CRC32C(of: .init(rebasing: $0[..<4])))
        }
        #expect(whole.value == 0xE306_9283)
        #expect(parts == whole)
    }

    /// The value that xxhsum 0.8.1 -H3 prints for no bytes at all.
    @Test func xxh3OfNothing() {
        #expect(XXH3(of: UnsafeRawBufferPointer(start: nil, count: 0)).value == 0x2D06_8005_38D3_94C2)
    }
}
