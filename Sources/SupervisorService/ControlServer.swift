import Glibc
import Linux
import SupervisorCore
import SupervisorProtocol

/// The control socket: text lines in, text lines out. Never blocks; who does not read its answers is cut off.
final class ControlServer {
    private final class Connection {
        let client: SupervisorCore.Client
        let socket: OwnedDescriptor
        var lines = LineBuffer()

        init(_ client: SupervisorCore.Client, _ socket: consuming OwnedDescriptor) {
            self.client = client
            self.socket = socket
        }
    }

    static let mostConnections = 32

    private let listener: OwnedDescriptor
    private var connections: [Connection] = []
    private var nextClient: SupervisorCore.Client = 1

    /// - Throws: `SystemError` that names the path.
    init(_ path: String) throws(SystemError) {
        listener = try UnixSocket.listen(path, kind: .stream)
    }

    /// To be polled for reading; the listener is the first.
    var descriptors: [Int32] { [listener.raw] + connections.map { $0.socket.raw } }

    /// Serves one of `descriptors` that is readable.
    /// - Returns: the requests that it brought.
    func serve(_ descriptor: Int32) throws(SystemError) -> [(SupervisorCore.Client, SupervisorRequest)] {
        if descriptor == listener.raw {
            try accept()
            return []
        }
        guard let connection = connections.first(where: { $0.socket.raw == descriptor }) else { return [] }
        return receive(connection)
    }

    func reply(_ client: SupervisorCore.Client, _ replies: [SupervisorReply]) {
        guard let connection = connections.first(where: { $0.client == client }) else { return }
        let text = replies.map { $0.line + "\n" }.joined()
        do throws(SystemError) {
            let sent = try connection.socket.send(text)
            if sent != text.utf8.count { drop(connection) }
        } catch {
            // Gone before its answer came: nobody is left to tell.
            drop(connection)
        }
    }

    private func accept() throws(SystemError) {
        while let socket = try UnixSocket.accept(listener) {
            guard connections.count < Self.mostConnections else { continue }
            connections.append(Connection(nextClient, socket))
            nextClient += 1
        }
    }

    private func receive(_ connection: Connection) -> [(SupervisorCore.Client, SupervisorRequest)] {
        var requests: [(SupervisorCore.Client, SupervisorRequest)] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        do {
            let result = try buffer.withUnsafeMutableBytes { bytes throws(SystemError) in
                try connection.socket.receive(into: bytes)
            }
            switch result {
            case .nothing: return []
            case .closed:
                drop(connection)
                return []
            case .bytes(let count): connection.lines.append(buffer.prefix(count))
            }
            while let line = try connection.lines.next() {
                do throws(SupervisorProtocolError) {
                    requests.append((connection.client, try SupervisorRequest.parse(line)))
                } catch {
                    reply(connection.client, [.error(error.description)])
                }
            }
        } catch {
            reply(connection.client, [.error("\(error)")])
            drop(connection)
        }
        return requests
    }

    private func drop(_ connection: Connection) { connections.removeAll { $0 === connection } }
}
