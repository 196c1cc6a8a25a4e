import APIProtocol
import HTTPTypes
import Hummingbird
import NIOCore
import NIOSSL
import Primitives
import Synchronization

/// Decides who asks and whether they may: one for each listener.
struct Gate: Sendable {
    /// Names the user or root for whom a member passes a request on.
    static let forwardedFor = HTTPField.Name("Keelson-Forwarded-For")!

    let audience: Listener.Audience
    let control: any ClusterControl
    let refusals: RefusalCounter

    /// - Throws: `unauthenticated`, `tokenRefused`, `forbidden`, `tooManyAttempts`.
    func caller(of request: Request, context: APIContext, to endpoint: Endpoint) async throws -> Caller {
        switch audience {
        case .local:
            guard endpoint.access != .node else { throw Self.membersOnly(.local) }
            return .local
        case .users:
            return try await user(request, context, endpoint)
        case .nodes(_, let identity):
            return try await node(request, context, endpoint, identity)
        }
    }

    private static func membersOnly(_ caller: Caller) -> APIError {
        APIError(.forbidden, ["needed": "node", "caller": caller.description, "role": "none"])
    }

    private func user(_ request: Request, _ context: APIContext, _ endpoint: Endpoint) async throws -> Caller {
        let needed: UserRole
        switch endpoint.access {
        case .open: return .anonymous
        case .node: throw Self.membersOnly(.anonymous)
        case .user(let role): needed = role
        }
        let source = context.channel.remoteAddress?.ipAddress ?? "unknown"
        try refusals.check(source)
        guard let header = request.headers[.authorization] else { throw APIError(.unauthenticated) }
        guard let token = UserToken(authorization: header), let user = try await control.authenticate(token) else {
            refusals.refused(source)
            throw APIError(.tokenRefused)
        }
        refusals.accepted(source)
        guard user.role >= needed else {
            throw APIError(
                .forbidden, ["needed": needed.rawValue, "caller": user.name, "role": user.role.rawValue])
        }
        return .user(user)
    }

    /// Members are trusted as far as the store trusts them, which is all the way: they may pass on what they let in.
    private func node(
        _ request: Request, _ context: APIContext, _ endpoint: Endpoint, _ identity: Listener.PeerIdentity
    ) async throws -> Caller {
        guard let certificate = try await context.channel.nioSSL_peerCertificate().get() else {
            throw APIError(.unauthenticated)
        }
        let node = try identity(certificate)
        guard let name = request.headers[Self.forwardedFor] else { return .node(node) }
        guard endpoint.access != .node else { throw Self.membersOnly(.node(node)) }
        return .forwarded(by: node, for: String(name.prefix(128)))
    }
}

/// The limiter of refused tokens, shared by all connections.
final class RefusalCounter: Sendable {
    private let limiter: Mutex<AttemptLimiter>
    private let now: @Sendable () -> Instant

    init(limiter: AttemptLimiter = AttemptLimiter(), now: @escaping @Sendable () -> Instant) {
        self.limiter = Mutex(limiter)
        self.now = now
    }

    func check(_ source: String) throws(APIError) {
        let moment = now()
        guard let wait = limiter.withLock({ $0.wait(for: source, at: moment) }) else { return }
        throw APIError(.tooManyAttempts, ["seconds": "\(Int(wait.seconds.rounded(.up)))"])
    }

    func refused(_ source: String) {
        let moment = now()
        limiter.withLock { $0.refused(source, at: moment) }
    }

    func accepted(_ source: String) { limiter.withLock { $0.accepted(source) } }
}
