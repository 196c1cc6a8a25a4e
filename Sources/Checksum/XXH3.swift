import CChecksum

/// XXH3 of 64 bits with seed 0 (xxHash 0.8): quick, not against an attacker.
public struct XXH3: Hashable, Sendable {
    public let value: UInt64

    public init(value: UInt64) { self.value = value }

    public init(of bytes: UnsafeRawBufferPointer) {
        value = cchecksum_xxh3(bytes.baseAddress, bytes.count)
    }
}
