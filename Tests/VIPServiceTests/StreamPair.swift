import Glibc
import Linux
import Primitives
import Testing

/// A TCP connection from the peer to the virtual address.
final class StreamPair {
    private let client: OwnedDescriptor
    private let server: OwnedDescriptor

    init(_ network: TestNetwork, to address: IPAddress) throws {
        let any = IPAddress(bytes: [UInt8](repeating: 0, count: address.bytes.count))
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let listener = OwnedDescriptor(
            taking: try network.on(.node) {
                let raw = try systemCall("open a socket") { socket(family, type, 0) }
                try withSocketAddress(any, 5556) { pointer, size in
                    _ = try systemCall("bind") { bind(raw, pointer, size) }
                }
                try systemCall("listen") { listen(raw, 4) }
                return raw
            })
        client = OwnedDescriptor(
            taking: try network.on(.peer) {
                let raw = try systemCall("open a socket") { socket(family, type, 0) }
                try withSocketAddress(address, 5556) { pointer, size in
                    _ = try systemCall("connect to", "\(address)") { connect(raw, pointer, size) }
                }
                return raw
            })
        server = OwnedDescriptor(taking: try systemCall("accept") { accept(listener.raw, nil, nil) })
    }

    /// Sends a byte there and one back.
    ///
    /// - Returns: whether both arrived in time.
    func exchange(within span: Span) throws -> Bool {
        let end = BootClock.now + span
        let there = try pass(from: client.raw, to: server, until: end)
        let back = try pass(from: server.raw, to: client, until: end)
        return there || back
    }

    private func pass(from sender: Int32, to receiver: borrowing OwnedDescriptor, until end: Instant) throws -> Bool {
        let raw = receiver.raw
        guard send(sender, "x", 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) == 1,
            try Poller.waitReadable(receiver, until: end)
        else { return false }
        var byte: UInt8 = 0
        return recv(raw, &byte, 1, Int32(MSG_DONTWAIT)) == 1
    }
}
