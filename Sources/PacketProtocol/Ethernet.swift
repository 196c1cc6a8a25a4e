import Primitives

/// Ethernet II framing.
public enum Ethernet {
    public static let arp: UInt16 = 0x0806
    public static let ipv6: UInt16 = 0x86DD
    /// Bytes before the payload.
    public static let headerSize = 14

    static func header(to: HardwareAddress, from: HardwareAddress, type: UInt16) -> [UInt8] {
        to.bytes + from.bytes + [UInt8(type >> 8), UInt8(type & 0xFF)]
    }

    /// The group address of an IPv6 multicast address (RFC 2464, 7).
    public static func group(of multicast: IPAddress) -> HardwareAddress {
        HardwareAddress(bytes: [0x33, 0x33] + multicast.bytes[12...])
    }
}
