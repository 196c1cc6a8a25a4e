import CChecksum

/// CRC-32C (Castagnoli polynomial, RFC 3720 appendix B.4): finds every flip of up to three bits in a record of 1 MiB.
public struct CRC32C: Hashable, Sendable {
    public let value: UInt32

    public init(value: UInt32) { self.value = value }

    /// Of `bytes`, going on from the checksum of what came ahead of them.
    public init(of bytes: UnsafeRawBufferPointer, after before: CRC32C = CRC32C(value: 0)) {
        value = cchecksum_crc32c(before.value, bytes.baseAddress, bytes.count)
    }
}
