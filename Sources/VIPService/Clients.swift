import Glibc
import Linux
import VIPCore
import VIPProtocol

/// The connections to the socket, each one that of a cluster daemon or of the supervisor's health check.
struct Clients: ~Copyable {
    private final class Connection {
        let client: VIPCore.Client
        let descriptor: OwnedDescriptor

        init(_ client: VIPCore.Client, _ descriptor: consuming OwnedDescriptor) {
            self.client = client
            self.descriptor = descriptor
        }
    }

    private var connections: [Connection] = []
    private var lastNumber = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: VIPProtocol.longestMessage + 1, alignment: 16)

    /// More than the house has daemons; a leak of connections must not exhaust the descriptors.
    static let most = 16

    deinit { buffer.deallocate() }

    /// In the order of `client(at:)`.
    func appendDescriptors(to set: inout [pollfd]) {
        for connection in connections {
            set.append(pollfd(fd: connection.descriptor.raw, events: Int16(POLLIN), revents: 0))
        }
    }

    var count: Int { connections.count }

    func client(at index: Int) -> VIPCore.Client { connections[index].client }

    /// Accepts whoever waits; beyond `most` the connection is closed at once.
    mutating func accept(from listener: borrowing OwnedDescriptor) throws(SystemError) {
        while let descriptor = try UnixSocket.accept(listener) {
            guard connections.count < Self.most else { continue }
            lastNumber += 1
            connections.append(Connection(VIPCore.Client(lastNumber), descriptor))
        }
    }

    enum Message {
        case line(String)
        case nothing
        case left
    }

    /// The next line of the client; one that fails in any way has left.
    func receive(from client: VIPCore.Client) -> Message {
        guard let connection = connection(of: client) else { return .nothing }
        do throws(SystemError) {
            switch try connection.descriptor.receive(into: buffer) {
            case .nothing: return .nothing
            case .closed: return .left
            case .bytes(let count):
                // A longer datagram was cut: what is there is over the protocol's limit, which its parser says.
                return .line(String(decoding: buffer[..<min(count, buffer.count)], as: UTF8.self))
            }
        } catch {
            return .left
        }
    }

    mutating func remove(_ client: VIPCore.Client) { connections.removeAll { $0.client == client } }

    /// Sends without waiting. Whoever does not read loses messages: all of them are repeated by level or reported
    /// again, and a client that is gone is seen by the next receive.
    func send(_ reply: VIPReply, to client: VIPCore.Client) throws(SystemError) {
        guard let connection = connection(of: client) else { return }
        do throws(SystemError) {
            _ = try connection.descriptor.send(reply.description)
        } catch {
            if error.errno != EPIPE && error.errno != ECONNRESET { throw error }
        }
    }

    func sendAll(_ reply: VIPReply) throws(SystemError) {
        for connection in connections { try send(reply, to: connection.client) }
    }

    private func connection(of client: VIPCore.Client) -> Connection? {
        connections.first { $0.client == client }
    }
}
