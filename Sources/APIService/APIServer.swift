import APIProtocol
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Linux
import Logging
import NIOCore
import NIOSSL
import Primitives
import ServiceLifecycle

/// The API of one node on all its listeners. A service: `run()` returns after a graceful shutdown.
public struct APIServer: Service {
    /// Called once for each listener when it accepts connections, with the port it got (nil for a Unix socket).
    public typealias Ready = @Sendable (_ listener: Int, _ port: Int?) async -> Void

    private let routes: Routes
    private let listeners: [Listener]
    private let forwarder: (any RequestForwarder)?
    private let group: any EventLoopGroup
    private let refusals: RefusalCounter
    private let ready: Ready
    private let logger: Logger

    /// - Parameters:
    ///   - listeners: the local one first; those with TLS only once the node has its certificate.
    ///   - forwarder: how requests reach the master from other nodes; nil answers `notMaster` with the master's URL.
    ///   - metricsText: Prometheus text of the program's own metrics, as `PrometheusRegistry.text`.
    ///   - now: CLOCK_BOOTTIME, for the limit of refused tokens.
    public init(
        control: any ClusterControl, listeners: [Listener], forwarder: (any RequestForwarder)? = nil,
        metricsText: @escaping @Sendable () -> String, group: any EventLoopGroup,
        now: @escaping @Sendable () -> Instant = { BootClock.now }, logger: Logger, ready: @escaping Ready = { _, _ in }
    ) {
        routes = Routes(control: control, metricsText: metricsText)
        self.listeners = listeners
        self.forwarder = forwarder
        self.group = group
        refusals = RefusalCounter(now: now)
        self.ready = ready
        self.logger = logger
    }

    /// - Throws: what binding or a TLS configuration throws.
    public func run() async throws {
        let services = try listeners.enumerated().map { index, listener in
            try application(listener, index: index) as any Service
        }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: logger))
        try await group.run()
    }

    func router(for listener: Listener) -> Router<APIContext> {
        let gate = Gate(audience: listener.audience, control: routes.control, refusals: refusals)
        let dispatcher = Dispatcher(gate: gate, forwarder: forwarder)
        let router = Router(context: APIContext.self)
        router.add(middleware: MetricsMiddleware())
        router.add(middleware: ErrorMiddleware())
        for route in routes.all {
            router.on(
                RouterPath(route.endpoint.path), method: HTTPRequest.Method(rawValue: route.endpoint.method.rawValue)!
            ) { request, context in
                try await dispatcher.respond(to: request, context: context, with: route)
            }
        }
        return router
    }

    private func application(_ listener: Listener, index: Int) throws -> some ApplicationProtocol {
        let address: BindAddress
        switch listener.address {
        case .unixSocket(let path): address = .unixDomainSocket(path: path)
        case .tcp(let host, let port): address = .hostname(host, port: port)
        }
        let http = HTTPServerBuilder.http1(configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(60)))
        let server: HTTPServerBuilder
        switch listener.audience {
        case .local, .users, .console: server = http
        case .nodes(let tls, _): server = try .tls(http, tlsConfiguration: tls)
        }
        let (ready, logger) = (ready, logger)
        return Application(
            router: router(for: listener), server: server,
            configuration: ApplicationConfiguration(
                address: address, serverName: "keelson", availableConnectionsDelegate: nil),
            onServerRunning: { channel in
                do {
                    try restrict(listener.address)
                } catch {
                    logger.error("the API does not serve on an open socket: \(error)")
                    return channel.close(promise: nil)
                }
                await ready(index, channel.localAddress?.port)
            },
            eventLoopGroupProvider: .shared(group), logger: logger)
    }
}

/// Only root may use the local sockets.
private func restrict(_ address: Listener.Address) throws(SystemError) {
    guard case .unixSocket(let path) = address else { return }
    try UnixSocket.restrict(path)
}
