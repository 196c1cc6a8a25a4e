import Glibc
import Linux
import Netlink
import PacketProtocol
import Primitives

/// Listens for one address on the interface of the namespace where it was made.
final class Ears: Sendable {
    private let port: PacketPort

    init(_ address: IPAddress) throws {
        port = try PacketPort(interface: "eth0")
        try port.listen(for: [address])
    }

    func next(within span: Span) throws -> Sighting? {
        let end = BootClock.now + span
        while BootClock.now < end {
            var set = [port.raw.arp, port.raw.neighbors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard try Poller.wait(&set, until: end) > 0 else { return nil }
            if let seen = try port.sighting() { return seen }
        }
        return nil
    }
}
