import APIProtocol
import HTTPTypes
import Hummingbird
import NIOCore
import NIOSSL
import Primitives
import StreamProtocol
import Synchronization

/// Decides who asks and whether they may: one for each listener.
struct Gate: Sendable {
    /// The `CallerNote` of the user or root for whom a member passes a request on, as JSON.
    static let forwardedFor = HTTPField.Name("Keelson-Forwarded-For")!

    /// The address of the user for whom the console's daemon passes a request on.
    static let client = HTTPField.Name("Keelson-Client")!

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
        case .console:
            guard endpoint.access == .open || endpoint.access == .user(.viewer) else {
                throw APIError(
                    .forbidden,
                    ["needed": "\(endpoint.access)", "caller": Caller.console.description, "role": "viewer"])
            }
            return .console
        case .nodes(_, let identity):
            return try await node(request, context, endpoint, identity)
        }
    }

    private static func membersOnly(_ caller: Caller) -> APIError {
        APIError(.forbidden, ["needed": "node", "caller": caller.description, "role": "none"])
    }

    private static func machinesOnly(_ caller: Caller) -> APIError {
        APIError(.forbidden, ["needed": "machine", "caller": caller.description, "role": "none"])
    }

    private static func rootOnly(_ caller: Caller) -> APIError {
        APIError(.forbidden, ["needed": "root on this machine", "caller": caller.description, "role": "none"])
    }

    /// Where a request comes from, for limits and records; nil: from this machine.
    func client(of request: Request, context: APIContext) -> String? {
        switch audience {
        case .local, .console: nil
        case .users: request.headers[Self.client].map(Self.plain)
        case .nodes: context.channel.remoteAddress?.ipAddress.map(Self.plain)
        }
    }

    /// An IPv4 address as such, also where the socket takes both kinds (RFC 4291, section 2.5.5.2).
    static func plain(_ address: String) -> String {
        let prefix = "::ffff:"
        guard address.lowercased().hasPrefix(prefix), address.contains(".") else { return address }
        return String(address.dropFirst(prefix.count))
    }

    private func user(_ request: Request, _ context: APIContext, _ endpoint: Endpoint) async throws -> Caller {
        let needed: AccessLevel?
        switch endpoint.access {
        case .open: return .anonymous
        case .machine: needed = nil
        case .node: throw Self.membersOnly(.anonymous)
        case .local: throw Self.rootOnly(.anonymous)
        case .user(let level): needed = level
        }
        let source = client(of: request, context: context) ?? "unknown"
        try refusals.check(source)
        guard let header = request.headers[.authorization] else { throw APIError(.unauthenticated) }
        if needed == nil, let machine = try await machine(header) {
            refusals.accepted(source)
            return .machine(machine)
        }
        guard let credential = Credential(authorization: header), let user = try await authenticate(credential) else {
            refusals.refused(source)
            throw APIError(.tokenRefused)
        }
        refusals.accepted(source)
        guard let needed else { throw Self.machinesOnly(.user(user)) }
        return try Self.checked(.user(user), user, needed, endpoint)
    }

    /// - Returns: nil when this is no machine's token.
    private func machine(_ header: String) async throws -> MachineID? {
        let parts = header.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer", let token = MachineToken(String(parts[1])) else {
            return nil
        }
        return try await control.authenticate(token)
    }

    private static func checked(
        _ caller: Caller, _ user: UserIdentity, _ needed: AccessLevel, _ endpoint: Endpoint
    ) throws(Refusal) -> Caller {
        do { try user.check(needed, for: endpoint) } catch { throw Refusal(caller: caller, error: error) }
        return caller
    }

    private func authenticate(_ credential: Credential) async throws -> UserIdentity? {
        switch credential {
        case .token(let token): try await control.authenticate(token)
        case .session(let session): try await control.authenticate(session)
        }
    }

    /// Members are trusted as far as the store trusts them, which is all the way: they may pass on what they let in. A
    /// user is looked at again all the same: the member may not know yet that a session has ended.
    private func node(
        _ request: Request, _ context: APIContext, _ endpoint: Endpoint, _ identity: Listener.PeerIdentity
    ) async throws -> Caller {
        guard let certificate = try await context.channel.nioSSL_peerCertificate().get() else {
            throw APIError(.unauthenticated)
        }
        let node = try identity(certificate)
        guard endpoint.access != .local else { throw Self.rootOnly(.node(node)) }
        guard endpoint.access != .machine else { throw Self.machinesOnly(.node(node)) }
        guard let note = try Self.note(in: request) else { return .node(node) }
        guard endpoint.access != .node else { throw Self.membersOnly(.node(node)) }
        guard let caller = note.caller else { throw APIError(.malformed, ["reason": "no user is named"]) }
        guard case .user(let user) = caller, case .user(let needed) = endpoint.access else {
            return .forwarded(by: node, for: caller)
        }
        guard let present = try await control.confirm(user) else { throw APIError(.tokenRefused) }
        return try Self.checked(.forwarded(by: node, for: .user(present)), present, needed, endpoint)
    }

    /// - Returns: nil when the member speaks for itself.
    static func note(in request: Request) throws(APIError) -> CallerNote? {
        guard let text = request.headers[forwardedFor] else { return nil }
        return try StrictJSON.decode(CallerNote.self, from: Array(text.utf8))
    }
}

/// An authenticated user who may not: for the audit trail it matters who it was.
struct Refusal: Error {
    let caller: Caller
    let error: APIError
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
