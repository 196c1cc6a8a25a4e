import Primitives

/// A neighbour solicitation or advertisement of IPv6 (RFC 4861), with the Ethernet frame around it.
public struct NeighborPacket: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        case solicitation = 135
        case advertisement = 136
    }

    public let kind: Kind
    /// Of the frame.
    public let sourceHardware: HardwareAddress
    /// Of the IPv6 header; `::` in a duplicate address detection.
    public let source: IPAddress
    public let destination: IPAddress
    /// The address that is asked for or advertised.
    public let target: IPAddress
    /// The link-layer address option (source's in a solicitation, target's in an advertisement).
    public let linkLayer: HardwareAddress?

    public static let allNodes = IPAddress(bytes: [0xFF, 2] + [UInt8](repeating: 0, count: 13) + [1])
    static let unspecified = IPAddress(bytes: [UInt8](repeating: 0, count: 16))

    /// ff02::1:ffXX:XXXX (RFC 4291, 2.7.1).
    public static func solicitedNode(of address: IPAddress) -> IPAddress {
        IPAddress(bytes: [0xFF, 2] + [UInt8](repeating: 0, count: 9) + [1, 0xFF] + address.bytes[13...])
    }

    /// "I have this address", to all nodes, overriding what they remember.
    public static func announcement(of address: IPAddress, by own: HardwareAddress) -> NeighborPacket {
        NeighborPacket(
            kind: .advertisement, sourceHardware: own, source: address, destination: allNodes, target: address,
            linkLayer: own)
    }

    /// A question from nobody, as in duplicate address detection (RFC 4862, 5.4.2).
    public static func probe(for address: IPAddress, by own: HardwareAddress) -> NeighborPacket {
        NeighborPacket(
            kind: .solicitation, sourceHardware: own, source: unspecified,
            destination: solicitedNode(of: address), target: address, linkLayer: nil)
    }

    /// The Ethernet frame, 78 bytes, or 86 with the option.
    public var frame: [UInt8] {
        let override: UInt8 = kind == .advertisement ? 0x20 : 0
        var message: [UInt8] = [kind.rawValue, 0, 0, 0, override, 0, 0, 0] + target.bytes
        if let linkLayer { message += [kind == .advertisement ? 2 : 1, 1] + linkLayer.bytes }
        let sum = Self.checksum(source: source, destination: destination, message: message)
        message[2] = UInt8(sum >> 8)
        message[3] = UInt8(sum & 0xFF)
        let header: [UInt8] = [0x60, 0, 0, 0, 0, UInt8(message.count), 58, 255] + source.bytes + destination.bytes
        let ethernet = Ethernet.header(
            to: Ethernet.group(of: destination), from: sourceHardware, type: Ethernet.ipv6)
        return ethernet + header + message
    }

    /// Reads a frame.
    ///
    /// - Returns: nil when it is anything but a valid solicitation or advertisement (hop limit 255, right checksum,
    ///   whole options, a target that one machine can have: RFC 4861, 7.1).
    public init?(frame: RawSpan) {
        guard frame.network(at: 12, as: UInt16.self) == Ethernet.ipv6, let first = frame.byte(at: 14),
            first >> 4 == 6, let length = frame.network(at: 18, as: UInt16.self).map(Int.init), length >= 24,
            frame.byte(at: 20) == 58, frame.byte(at: 21) == 255,
            let hardware = frame.array(at: 6, count: 6), let source = frame.array(at: 22, count: 16),
            let destination = frame.array(at: 38, count: 16), let message = frame.array(at: 54, count: length),
            let kind = Kind(rawValue: message[0]), message[1] == 0
        else { return nil }
        self.sourceHardware = HardwareAddress(bytes: hardware)
        self.source = IPAddress(bytes: source)
        self.destination = IPAddress(bytes: destination)
        guard Self.checksum(source: self.source, destination: self.destination, message: message) == 0 else {
            return nil
        }
        self.kind = kind
        target = IPAddress(bytes: Array(message[8..<24]))
        guard target != Self.unspecified, target.bytes[0] != 0xFF else { return nil }
        guard let option = Self.options(message, kind: kind) else { return nil }
        linkLayer = option.address
    }

    init(
        kind: Kind, sourceHardware: HardwareAddress, source: IPAddress, destination: IPAddress, target: IPAddress,
        linkLayer: HardwareAddress?
    ) {
        precondition(!source.isIPv4 && !destination.isIPv4 && !target.isIPv4, "neighbour discovery is of IPv6")
        self.kind = kind
        self.sourceHardware = sourceHardware
        self.source = source
        self.destination = destination
        self.target = target
        self.linkLayer = linkLayer
    }

    /// - Returns: nil when an option is cut or has no length.
    private static func options(_ message: [UInt8], kind: Kind) -> (address: HardwareAddress?, Void)? {
        var address: HardwareAddress?
        var offset = 24
        while offset < message.count {
            guard message.count - offset >= 8 else { return nil }
            let size = Int(message[offset + 1]) * 8
            guard size > 0, size <= message.count - offset else { return nil }
            if message[offset] == (kind == .advertisement ? 2 : 1), size == 8 {
                address = HardwareAddress(bytes: Array(message[offset + 2..<offset + 8]))
            }
            offset += size
        }
        return (address, ())
    }

    /// RFC 4443, 2.3: ones' complement over pseudo header and message; 0 over a message that carries the right one.
    static func checksum(source: IPAddress, destination: IPAddress, message: [UInt8]) -> UInt16 {
        var sum = UInt32(message.count) + 58
        func add(_ bytes: [UInt8]) {
            var index = 0
            while index < bytes.count {
                let low = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
                sum += UInt32(bytes[index]) << 8 | low
                index += 2
            }
        }
        add(source.bytes)
        add(destination.bytes)
        add(message)
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(sum)
    }
}
