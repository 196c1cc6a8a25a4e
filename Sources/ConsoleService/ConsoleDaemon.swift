import AsyncHTTPClient
import ConfigurationCore
import Hummingbird
import Linux
import Logging
import NIOCore
import NIOPosix
import Primitives
import ServiceLifecycle
import UnixSignals

/// keelson-consoled: the node's face on TCP `api.port`: pages for people, and the API, which it passes on.
public struct ConsoleDaemon: Sendable {
    private let configuration: NodeConfiguration
    private let logger: Logger

    public init(configuration: NodeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: what is wrong with the certificates' files or the sockets.
    public func run() async throws {
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.clientConfiguration)
        do {
            try await serve(http)
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }

    private static var clientConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(2)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return configuration
    }

    private func serve(_ http: HTTPClient) async throws {
        let upstream = Upstream(
            http: http, usersSocket: configuration.usersSocket, consoleSocket: configuration.consoleSocket)
        let book = TLSBook(configuration: configuration)
        let console = try Console(upstream: upstream, logger: logger)
        let front = Front(
            host: "::", port: configuration.apiPort, book: book, console: console, logger: logger)
        let services: [any Service] = [
            CertificateWatch(book: book, logger: logger), front,
            HealthListener(path: configuration.consoledSocket, logger: logger),
        ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

/// Reads the certificates anew when their files change.
struct CertificateWatch: Service {
    private static let interval = Duration.seconds(2)

    let book: TLSBook
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try book.reload()
                } catch {
                    logger.error("the console keeps its old certificate: \(error)")
                }
                do { try await ContinuousClock().sleep(for: Self.interval) } catch { return }
            }
        }
    }
}

/// What the supervisor asks.
struct HealthListener: Service {
    let path: String
    let logger: Logger

    func run() async throws {
        let router = Router()
        router.get("/v1/health") { _, _ in "{}" }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path), serverName: "keelson"),
            onServerRunning: { [path, logger] _ in
                do { try UnixSocket.restrict(path) } catch { logger.error("\(error)") }
            }, logger: logger)
        try await application.run()
    }
}
