import APIProtocol
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Texts

/// All routes of the console.
struct Console: Sendable {
    let upstream: Upstream
    let renderer: Renderer
    let parts: LiveParts
    let hub: LiveHub
    let logger: Logger

    init(upstream: Upstream, logger: Logger) throws {
        self.upstream = upstream
        self.logger = logger
        renderer = try Renderer()
        parts = LiveParts(renderer: renderer)
        hub = LiveHub(upstream: upstream, parts: parts, logger: logger)
    }

    func router() -> Router<ConsoleContext> {
        let router = Router(context: ConsoleContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: MissingPage(console: self))
        let proxy = APIProxy(upstream: upstream)
        for method in [HTTPRequest.Method.get, .head, .post, .put, .delete, .patch, .options] {
            router.on("/v1/**", method: method) { try await proxy.respond(to: $0, context: $1) }
        }
        router.get("/metrics") { try await proxy.respond(to: $0, context: $1) }
        for asset in Assets.all { router.get(RouterPath(asset.path)) { _, _ in Assets.response(asset) } }
        let live = LiveStream(hub: hub, upstream: upstream)
        router.get("/live") { try await live.respond(to: Visitor($0, $1)) }
        for route in routes { route.register(on: router, of: self) }
        return router
    }

    private var routes: [PageRoute] {
        SetupPages.routes + LoginPages.routes + OverviewPages.routes + MachinePages.routes + NodePages.routes
            + HistoryPages.routes
            + SettingsPages.routes + AccountPages.routes + UserPages.routes + AuditPages.routes + LicensePages.routes
            + NotificationPages.routes + SupportPages.routes + WebCertificatePages.routes + TokenPages.routes
            + JobPages.routes
    }
}

/// A page or the target of a form.
struct PageRoute: Sendable {
    typealias Handler = @Sendable (PageRequest) async throws -> Response

    enum Audience {
        case everybody
        /// Whoever is logged in; what they may do decides the cluster daemon.
        case users
    }

    let method: HTTPRequest.Method
    let path: String
    let audience: Audience
    let handler: Handler

    static func page(_ path: String, for audience: Audience = .users, _ handler: @escaping Handler) -> PageRoute {
        PageRoute(method: .get, path: path, audience: audience, handler: handler)
    }

    static func form(_ path: String, for audience: Audience = .users, _ handler: @escaping Handler) -> PageRoute {
        PageRoute(method: .post, path: path, audience: audience, handler: handler)
    }

    func register(on router: Router<ConsoleContext>, of console: Console) {
        router.on(RouterPath(path), method: method) { request, context in
            let page = PageRequest(request, context, console, needsUser: audience == .users)
            return await page.respond(handler)
        }
    }
}
