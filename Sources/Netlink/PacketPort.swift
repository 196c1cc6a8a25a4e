import CLinux
import Glibc
import Linux
import PacketProtocol
import Primitives

/// Sends and hears ARP and neighbour discovery on one interface, past the fence (packet(7)). Kept open as long as the
/// interface lives: closing one waits for the kernel, 16 to 34 ms.
public struct PacketPort: ~Copyable, @unchecked Sendable {
    public let interface: String
    public let index: Int32
    /// Of the interface.
    public let hardware: HardwareAddress
    private let arp: OwnedDescriptor
    private let neighbors: OwnedDescriptor
    private let buffer: UnsafeMutableRawBufferPointer

    /// - Throws: `SystemError`; ENODEV when there is no such interface, EPERM without CAP_NET_RAW.
    public init(interface: String) throws(SystemError) {
        let arp = try Self.open(interface)
        let neighbors = try Self.open(interface)
        var index: Int32 = 0
        var mac = [UInt8](repeating: 0, count: 6)
        try systemCall("find the interface", interface) { clinux_get_interface(arp.raw, interface, &index, &mac) }
        // Nothing passes before somebody is listened for; then bind, which is what starts the flow.
        try Self.attach(.arp(senders: []), to: arp, interface)
        try Self.attach(.neighbors(targets: []), to: neighbors, interface)
        let group = Ethernet.group(of: NeighborPacket.allNodes).bytes
        try systemCall("hear neighbours on", interface) { clinux_packet_join(neighbors.raw, index, group) }
        try systemCall("bind to", interface) { clinux_packet_bind(arp.raw, index, Ethernet.arp) }
        try systemCall("bind to", interface) { clinux_packet_bind(neighbors.raw, index, Ethernet.ipv6) }
        self.interface = interface
        self.index = index
        hardware = HardwareAddress(bytes: mac)
        buffer = .allocate(byteCount: 2048, alignment: 16)
        self.arp = arp
        self.neighbors = neighbors
    }

    deinit { buffer.deallocate() }

    /// For poll: both become readable when something was heard.
    public var raw: (arp: Int32, neighbors: Int32) { (arp.raw, neighbors.raw) }

    /// From now on hears only of these addresses.
    ///
    /// - Precondition: at most `PacketFilter.mostAddresses`.
    /// - Throws: `SystemError`.
    public func listen(for addresses: [IPAddress]) throws(SystemError) {
        try Self.attach(.arp(senders: addresses), to: arp, interface)
        try Self.attach(.neighbors(targets: addresses), to: neighbors, interface)
    }

    /// Tells the network that the address is here: a gratuitous request and reply, or an unsolicited advertisement.
    ///
    /// - Throws: `SystemError`; ENETDOWN when the interface is down.
    public func announce(_ address: IPAddress) throws(SystemError) {
        if address.isIPv4 {
            try send(ARPPacket.announcement(of: address, by: hardware).frame, by: arp)
            try send(ARPPacket.unsolicitedReply(of: address, by: hardware).frame, by: arp)
        } else {
            try send(NeighborPacket.announcement(of: address, by: hardware).frame, by: neighbors)
        }
    }

    /// Asks who has the address; answers come as sightings.
    ///
    /// - Throws: `SystemError`; ENETDOWN when the interface is down.
    public func probe(_ address: IPAddress) throws(SystemError) {
        if address.isIPv4 {
            try send(ARPPacket.probe(for: address, by: hardware).frame, by: arp)
        } else {
            try send(NeighborPacket.probe(for: address, by: hardware).frame, by: neighbors)
        }
    }

    /// Reads one waiting frame.
    ///
    /// - Returns: nil when nothing is waiting; a frame that tells nothing about another machine's address is skipped.
    /// - Throws: `SystemError`; ENETDOWN once after the interface went down.
    public func sighting() throws(SystemError) -> Sighting? {
        for raw in [arp.raw, neighbors.raw] {
            while true {
                let count = try systemCallOrWouldBlock("hear on", interface) {
                    recv(raw, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                }
                guard let count else { break }
                let frame = UnsafeRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
                if let seen = Sighting(frame: frame.bytes), seen.holder != hardware { return seen }
            }
        }
        return nil
    }

    private func send(_ frame: [UInt8], by descriptor: borrowing OwnedDescriptor) throws(SystemError) {
        let raw = descriptor.raw
        // A full device queue (nil) is as a lost frame: announcements are repeated.
        _ = try systemCallOrWouldBlock("send on", interface) {
            Glibc.send(raw, frame, frame.count, Int32(MSG_DONTWAIT))
        }
    }

    private static func open(_ interface: String) throws(SystemError) -> OwnedDescriptor {
        let raw = try systemCall("open a packet socket on", interface) { clinux_packet_open() }
        return OwnedDescriptor(taking: raw)
    }

    private static func attach(
        _ filter: PacketFilter, to descriptor: borrowing OwnedDescriptor, _ interface: String
    ) throws(SystemError) {
        let raw = descriptor.raw
        let steps = filter.steps.map {
            clinux_filter_step(code: $0.code, if_true: $0.ifTrue, if_false: $0.ifFalse, value: $0.value)
        }
        try systemCall("filter frames on", interface) { clinux_packet_filter(raw, steps, UInt16(steps.count)) }
    }
}
