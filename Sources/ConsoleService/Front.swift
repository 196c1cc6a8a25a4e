import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The listener for everybody outside.
struct Front: Service {
    /// Called with the port when it listens.
    typealias Ready = @Sendable (Int) async -> Void

    /// Connections at one time; a slow client costs a connection, not a thread.
    private static let mostConnections = 8_192

    private let host: String
    private let port: Int
    private let book: TLSBook
    private let console: Console
    private let patience: TimeAmount
    private let logger: Logger
    private let ready: Ready

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - patience: from a request's first byte to its last.
    init(
        host: String, port: Int, book: TLSBook, console: Console, patience: TimeAmount = .seconds(20),
        logger: Logger, ready: @escaping Ready = { _ in }
    ) {
        self.host = host
        self.port = port
        self.book = book
        self.console = console
        self.patience = patience
        self.logger = logger
        self.ready = ready
    }

    func run() async throws {
        // The cluster daemon makes the node's certificate at its first start.
        let clock = ContinuousClock()
        while try !book.reload() {
            do { try await clock.sleep(for: .milliseconds(50)) } catch { return }
        }
        let (book, patience, ready) = (book, patience, ready)
        let application = Application(
            router: console.router(),
            server: HTTPServerBuilder { responder in FrontChannel(book: book, patience: patience, responder: responder)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "keelson",
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
            onServerRunning: { channel in await ready(channel.localAddress?.port ?? 0) }, logger: logger)
        try await application.run()
    }
}
