import Primitives

/// An ARP packet for IPv4 over Ethernet (RFC 826), with the frame around it.
public struct ARPPacket: Equatable, Sendable {
    public enum Operation: UInt16, Sendable {
        case request = 1
        case reply = 2
    }

    public let operation: Operation
    public let senderHardware: HardwareAddress
    public let sender: IPAddress
    public let targetHardware: HardwareAddress
    public let target: IPAddress

    /// - Precondition: both addresses are IPv4.
    public init(
        _ operation: Operation, senderHardware: HardwareAddress, sender: IPAddress, targetHardware: HardwareAddress,
        target: IPAddress
    ) {
        precondition(sender.isIPv4 && target.isIPv4, "ARP carries IPv4 addresses")
        self.operation = operation
        self.senderHardware = senderHardware
        self.sender = sender
        self.targetHardware = targetHardware
        self.target = target
    }

    /// A gratuitous request: "I have this address" (RFC 5227, 2.3).
    public static func announcement(of address: IPAddress, by own: HardwareAddress) -> ARPPacket {
        ARPPacket(.request, senderHardware: own, sender: address, targetHardware: .none, target: address)
    }

    /// A gratuitous reply, for the machines that do not learn from requests.
    public static func unsolicitedReply(of address: IPAddress, by own: HardwareAddress) -> ARPPacket {
        ARPPacket(.reply, senderHardware: own, sender: address, targetHardware: .broadcast, target: address)
    }

    /// A question with no sender's address, which changes nobody's cache (RFC 5227, 2.1.1).
    public static func probe(for address: IPAddress, by own: HardwareAddress) -> ARPPacket {
        let nobody = IPAddress(bytes: [0, 0, 0, 0])
        return ARPPacket(.request, senderHardware: own, sender: nobody, targetHardware: .none, target: address)
    }

    /// The broadcast Ethernet frame, 42 bytes.
    public var frame: [UInt8] {
        var bytes = Ethernet.header(to: .broadcast, from: senderHardware, type: Ethernet.arp)
        bytes += [0, 1, 8, 0, 6, 4, 0, UInt8(operation.rawValue)]
        bytes += senderHardware.bytes + sender.bytes + targetHardware.bytes + target.bytes
        return bytes
    }

    /// Reads a frame.
    ///
    /// - Returns: nil when it is anything but an ARP request or reply for IPv4 over Ethernet.
    public init?(frame: RawSpan) {
        guard frame.network(at: 12, as: UInt16.self) == Ethernet.arp,
            frame.network(at: 14, as: UInt16.self) == 1,
            frame.network(at: 16, as: UInt16.self) == 0x0800,
            frame.network(at: 18, as: UInt16.self) == 0x0604,
            let operation = frame.network(at: 20, as: UInt16.self).flatMap(Operation.init(rawValue:)),
            let senderHardware = frame.array(at: 22, count: 6),
            let sender = frame.array(at: 28, count: 4),
            let targetHardware = frame.array(at: 32, count: 6),
            let target = frame.array(at: 38, count: 4)
        else { return nil }
        self.init(
            operation, senderHardware: HardwareAddress(bytes: senderHardware), sender: IPAddress(bytes: sender),
            targetHardware: HardwareAddress(bytes: targetHardware), target: IPAddress(bytes: target))
    }
}

extension HardwareAddress {
    /// All zero: not known.
    public static let none = HardwareAddress(bytes: [0, 0, 0, 0, 0, 0])
}
