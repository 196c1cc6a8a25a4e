import Glibc
import LicenseProtocol
import Linux
import Primitives

/// The validator's socket: a line in, a line out. Never blocks; who does not read its answers is cut off.
final class ValidatorServer {
    private final class Connection {
        let socket: OwnedDescriptor
        var lines = MessageLines(limit: ValidatorRequest.longestLine)

        init(_ socket: consuming OwnedDescriptor) { self.socket = socket }
    }

    static let mostConnections = 32

    private let listener: OwnedDescriptor
    private let validator: Validator
    private var connections: [Connection] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Throws: `SystemError` that names the path.
    init(_ path: String, _ validator: Validator) throws(SystemError) {
        listener = try UnixSocket.listen(path, kind: .stream)
        self.validator = validator
    }

    /// To be polled for reading.
    var descriptors: [Int32] { [listener.raw] + connections.map { $0.socket.raw } }

    /// Serves one of `descriptors` that is readable.
    func serve(_ descriptor: Int32) throws(SystemError) {
        if descriptor == listener.raw { return try accept() }
        guard let connection = connections.first(where: { $0.socket.raw == descriptor }) else { return }
        if !answer(connection) { connections.removeAll { $0 === connection } }
    }

    private func accept() throws(SystemError) {
        while let socket = try UnixSocket.accept(listener) {
            // The one too many is closed as it goes.
            if connections.count < Self.mostConnections { connections.append(Connection(socket)) }
        }
    }

    /// - Returns: false when the connection is of no more use.
    private func answer(_ connection: Connection) -> Bool {
        do {
            guard case .bytes(let count) = try connection.socket.receive(into: &buffer) else { return false }
            connection.lines.append(buffer.prefix(count))
            while let line = try connection.lines.next() {
                let text = validator.answer(line)
                guard try connection.socket.send(text) == text.utf8.count else { return false }
            }
            return true
        } catch {
            // Gone before its answer came, or no client of ours: nobody is left to tell.
            return false
        }
    }
}
