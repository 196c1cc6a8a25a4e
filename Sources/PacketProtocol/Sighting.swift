import Primitives

/// A machine seen using an address: what a frame says about who holds what.
public struct Sighting: Equatable, Sendable {
    public let address: IPAddress
    public let holder: HardwareAddress

    public init(address: IPAddress, holder: HardwareAddress) {
        self.address = address
        self.holder = holder
    }

    /// Reads an ARP or neighbour discovery frame.
    ///
    /// - Returns: nil when the frame is neither, or its sender claims no address (a probe).
    public init?(frame: RawSpan) {
        if let packet = ARPPacket(frame: frame) {
            guard packet.sender.bytes != [0, 0, 0, 0] else { return nil }
            self.init(address: packet.sender, holder: packet.senderHardware)
        } else if let packet = NeighborPacket(frame: frame) {
            switch packet.kind {
            case .advertisement:
                self.init(address: packet.target, holder: packet.linkLayer ?? packet.sourceHardware)
            case .solicitation:
                guard packet.source != NeighborPacket.unspecified else { return nil }
                self.init(address: packet.source, holder: packet.sourceHardware)
            }
        } else {
            return nil
        }
    }
}
