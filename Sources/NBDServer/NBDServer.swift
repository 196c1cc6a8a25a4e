import BlockIO
import Glibc
import Linux
import NBDProtocol
import Primitives
import Synchronization

/// Serves block devices over NBD on Unix and TCP sockets. A connection lives on one of the loops given.
public final class NBDServer: Sendable {
    /// What happened to a connection, for the log.
    public enum Report: Equatable, Sendable {
        case began(export: String)
        /// The reason is empty when the client ended it as it should. The export is nil when there was none yet.
        case ended(export: String?, reason: String)
        /// Connections cannot be taken.
        case failed(SystemError)
    }

    public struct Limits: Sendable {
        /// Connections at once; more are closed as they come.
        public var connections = 256
        /// How long a client may take to choose an export.
        public var handshake = Span.seconds(30)

        public init() {}
    }

    let catalogue: any NBDCatalogue
    let tls: NBDTLS?
    let limits: Limits
    let report: @Sendable (Report) -> Void
    private let loops: [BlockLoop]
    private let state = Mutex(State())

    private struct State {
        var listeners: [NBDListener] = []
        var connections: [ObjectIdentifier: NBDConnection] = [:]
        var next = 0
        var isOver = false
        var ended: [CheckedContinuation<Void, Never>] = []
    }

    /// - Parameters:
    ///   - loops: at least one; they must outlive the server.
    ///   - tls: nil for connections in the clear only.
    ///   - report: called from the loops.
    public init(
        _ catalogue: any NBDCatalogue, on loops: [BlockLoop], tls: NBDTLS? = nil, limits: Limits = Limits(),
        report: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        precondition(!loops.isEmpty, "a server without a loop")
        self.catalogue = catalogue
        self.loops = loops
        self.tls = tls
        self.limits = limits
        self.report = report
    }

    /// Listens at a path with mode 0600; a socket file left by an earlier life is replaced.
    ///
    /// - Throws: `SystemError`.
    public func listen(unix path: String) throws(SystemError) {
        start(NBDListener(try UnixSocket.listen(path, kind: .stream, backlog: 128), self, loops[0]))
    }

    /// Listens on a TCP port; 0 takes a free one.
    ///
    /// - Returns: the port.
    /// - Throws: `SystemError`.
    @discardableResult
    public func listen(_ address: IPAddress, port: UInt16) throws(SystemError) -> UInt16 {
        let (descriptor, port) = try TCPSocket.listen(address, port: port)
        start(NBDListener(OwnedDescriptor(taking: descriptor), self, loops[0]))
        return port
    }

    /// Takes no more connections, ends those that are there and waits until nothing is under way any more.
    public func stop() async {
        await withCheckedContinuation { continuation in
            let (listeners, connections, isDone) = state.withLock { state in
                defer { state.listeners = [] }
                state.isOver = true
                if !state.connections.isEmpty { state.ended.append(continuation) }
                return (state.listeners, Array(state.connections.values), state.connections.isEmpty)
            }
            for listener in listeners { listener.stop() }
            for connection in connections { connection.loop.post { connection.end("the server stops") } }
            if isDone { continuation.resume() }
        }
    }

    private func start(_ listener: NBDListener) {
        state.withLock { $0.listeners.append(listener) }
        listener.start()
    }

    /// Takes a connection over and gives it to the next loop.
    func take(_ descriptor: consuming OwnedDescriptor) {
        let raw = descriptor.release()
        let connection: NBDConnection? = state.withLock { state in
            guard !state.isOver, state.connections.count < limits.connections else { return nil }
            state.next = (state.next + 1) % loops.count
            let connection = NBDConnection(raw, self, loops[state.next])
            state.connections[ObjectIdentifier(connection)] = connection
            return connection
        }
        if let connection {
            connection.loop.post { connection.start() }
        } else {
            close(raw)
            report(.ended(export: nil, reason: "there are \(limits.connections) connections already"))
        }
    }

    func ended(_ connection: NBDConnection) {
        let waiting = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            guard state.connections.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.ended = [] }
            return state.ended
        }
        for continuation in waiting { continuation.resume() }
    }
}
