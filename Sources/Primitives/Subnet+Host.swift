extension Subnet {
    /// Whether the address can belong to one host: not unspecified, loopback, multicast, nor the network's own or
    /// broadcast address (RFC 1122 3.2.1.3, RFC 4291 2.4; a /31 has neither of the last two, RFC 3021).
    public var isHostAddress: Bool {
        let bytes = address.bytes
        guard address.isIPv4 else {
            let unspecifiedOrLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] <= 1
            return !unspecifiedOrLoopback && bytes[0] != 0xFF && prefixLength > 0
        }
        guard bytes[0] != 0, bytes[0] != 127, bytes[0] < 224, prefixLength > 0 else { return false }
        guard prefixLength < 31 else { return true }
        let value = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let hostMask = UInt32.max >> UInt32(prefixLength)
        return value & hostMask != 0 && value & hostMask != hostMask
    }
}
