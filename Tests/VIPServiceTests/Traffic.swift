import Glibc
import Linux
import Primitives
import Testing

/// UDP from the peer to the virtual address and back by an echo on the node: what passes, and when.
final class Traffic {
    private let server: OwnedDescriptor
    private let client: OwnedDescriptor
    private static let port: UInt16 = 5555

    init(_ network: TestNetwork, to address: IPAddress) throws {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let any = IPAddress(bytes: [UInt8](repeating: 0, count: address.bytes.count))
        let open: @Sendable (IPAddress, Bool) throws -> Int32 = { target, listens in
            let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            let raw = try systemCall("open a socket") { socket(family, type, 0) }
            try withSocketAddress(target, Self.port) { pointer, size in
                _ = try systemCall(listens ? "bind" : "connect", "\(target)") {
                    listens ? bind(raw, pointer, size) : connect(raw, pointer, size)
                }
            }
            return raw
        }
        server = OwnedDescriptor(taking: try network.on(.node) { try open(any, true) })
        client = OwnedDescriptor(taking: try network.on(.peer) { try open(address, false) })
    }

    /// Sends every millisecond until the moment, on a real-time thread: on a loaded machine an ordinary one would
    /// measure how late it runs itself.
    ///
    /// - Returns: when the node got the first and the last datagram; nil when none came.
    func flow(until end: Instant) throws -> (first: Instant, last: Instant)? {
        let (sender, receiver) = (client.raw, server.raw)
        return try onThread {
            try RealTime.scheduleRoundRobin()
            return try Self.flow(from: sender, to: receiver, until: end)
        }
    }

    private static func flow(
        from sender: Int32, to receiver: Int32, until end: Instant
    ) throws -> (first: Instant, last: Instant)? {
        var seen: (first: Instant, last: Instant)?
        while BootClock.now < end {
            // Unreachable while nobody answers ARP: that is what is tested.
            _ = Glibc.send(sender, "x", 1, Int32(MSG_DONTWAIT))
            var set = [pollfd(fd: receiver, events: Int16(POLLIN), revents: 0)]
            guard try Poller.wait(&set, until: BootClock.now + .milliseconds(1)) > 0 else { continue }
            var byte: UInt8 = 0
            while recv(receiver, &byte, 1, Int32(MSG_DONTWAIT)) == 1 {
                let now = BootClock.now
                seen = (seen?.first ?? now, now)
            }
        }
        return seen
    }
}

/// Calls the body with the address in the C library's form.
func withSocketAddress(
    _ address: IPAddress, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
) rethrows {
    if address.isIPv4 {
        var storage = sockaddr_in()
        storage.sin_family = sa_family_t(AF_INET)
        storage.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &storage.sin_addr) { $0.copyBytes(from: address.bytes) }
        try withUnsafePointer(to: &storage) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    } else {
        var storage = sockaddr_in6()
        storage.sin6_family = sa_family_t(AF_INET6)
        storage.sin6_port = port.bigEndian
        withUnsafeMutableBytes(of: &storage.sin6_addr) { $0.copyBytes(from: address.bytes) }
        try withUnsafePointer(to: &storage) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
