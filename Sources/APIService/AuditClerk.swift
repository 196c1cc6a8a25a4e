import APIProtocol
import FoundationEssentials
import Primitives

/// Writes one request down for the audit trail: the only place that does. A request is noted by the member that answers
/// it; one that was passed on, by the master.
struct AuditClerk: Sendable {
    let control: any ClusterControl
    let endpoint: Endpoint
    let client: String?

    /// - Parameter approval: of a request that waited for one.
    func note(_ caller: Caller, _ parts: RouteRequest, outcome: String, approval: String? = nil) async {
        guard endpoint.isAudited, Self.isWorthIt(outcome), let who = Self.name(caller, endpoint, parts) else { return }
        var random = SystemRandomNumberGenerator()
        var parameters = endpoint == .createSession ? [:] : AuditParameters.read(parts.body)
        if let approval { parameters["approval"] = approval }
        await control.record(
            AuditNote(
                id: String(random.next() as UInt64, radix: 16),
                at: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)), who: who,
                role: caller.identity?.role, client: client, action: endpoint.action,
                target: String(parts.id.prefix(128)), outcome: outcome,
                parameters: parameters))
    }

    /// Whoever is made to wait could fill the trail, and a request that nobody could answer has changed nothing.
    private static func isWorthIt(_ outcome: String) -> Bool {
        let passing: [APIErrorCode] = [.tooManyAttempts, .noMaster, .storeUnavailable]
        return !passing.contains { $0.rawValue == outcome }
    }

    /// - Returns: nil for members, whose own requests are no users' doing.
    private static func name(_ caller: Caller, _ endpoint: Endpoint, _ parts: RouteRequest) -> String? {
        switch caller {
        case .local: "root"
        case .user(let user): user.name
        case .forwarded(let node, let inner): inner.isRoot ? "root on \(node)" : name(inner, endpoint, parts)
        case .anonymous: endpoint == .createSession ? offeredName(parts) : nil
        case .console, .node, .machine: nil
        }
    }

    /// The name that a login offers; the cluster replaces it when nobody is called so: it may be a mistyped password.
    private static func offeredName(_ parts: RouteRequest) -> String {
        do { return String(try parts.decoded(LoginRequest.self).name.prefix(64)) } catch { return "" }
    }
}
