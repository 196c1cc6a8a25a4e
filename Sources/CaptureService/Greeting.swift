import Identity
import Logging
import NIOCore
import StreamProtocol

/// A connection of which it is not known yet what it wants: it must say so soon, and with the right certificate.
final class Greeting: StreamEnd {
    /// From the first byte of TLS to the hello.
    static let patience = TimeAmount.seconds(5)

    private let hub: CaptureHub
    private var peer: StreamPeer?
    private var isOver = false

    init(hub: CaptureHub) { self.hub = hub }

    func opened(_ connection: StreamConnection, peer: StreamPeer) {
        self.peer = peer
        connection.scheduled(in: Self.patience) { [weak self] connection in
            guard let self, !self.isOver else { return }
            connection.end("there was no hello")
        }
    }

    func received(_ message: StreamMessage, on connection: StreamConnection) {
        guard !isOver else { return }
        guard let peer else { return connection.end("a connection begins with a hello") }
        switch message {
        case .hello(let hello):
            isOver = true
            hub.greeted(hello, by: peer, on: connection)
        case .fetch(let request):
            isOver = true
            hub.asked(request, by: peer, on: connection)
        default: return connection.end("a connection begins with a hello")
        }
        hub.forget(self)
    }

    func received(_ frame: ReceivedFrame, on connection: StreamConnection) {
        connection.end("a connection begins with a hello")
    }

    func readEnded(_ connection: StreamConnection) {}

    func becameWritable(_ connection: StreamConnection) {}

    func closed(_ connection: StreamConnection, reason: String) {
        if !isOver { hub.logger.info("a connection from \(connection.remote) ended before its hello: \(reason)") }
        isOver = true
        hub.forget(self)
    }
}
