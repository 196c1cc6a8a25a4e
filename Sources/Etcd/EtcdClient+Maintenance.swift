import NIOCore
import NIOHTTP1
import Primitives

extension EtcdClient: EtcdMaintenance {
    public func members(timeout: Span) async throws(EtcdError) -> [EtcdMember] {
        try await call(
            "/v3/cluster/member/list", GatewayRequest.fields([("linearizable", .flag(true))]), isRead: true,
            timeout: timeout, at: .any, GatewayReply.members)
    }

    public func addLearner(peerURLs: [String], timeout: Span) async throws(EtcdError) -> EtcdMember {
        try await call(
            "/v3/cluster/member/add",
            GatewayRequest.fields([("peerURLs", .words(peerURLs)), ("isLearner", .flag(true))]),
            isRead: false, timeout: timeout, at: .any
        ) { reply throws(GatewayReply.Malformed) in try GatewayReply.member(reply["member"]) }
    }

    public func promote(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError) {
        try await change("/v3/cluster/member/promote", [("ID", .number(member.number))], timeout: timeout)
    }

    public func remove(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError) {
        try await change("/v3/cluster/member/remove", [("ID", .number(member.number))], timeout: timeout)
    }

    public func update(_ member: EtcdMember.ID, peerURLs: [String], timeout: Span) async throws(EtcdError) {
        let fields: [(StaticString, GatewayRequest.Field)] = [
            ("ID", .number(member.number)), ("peerURLs", .words(peerURLs)),
        ]
        try await change("/v3/cluster/member/update", fields, timeout: timeout)
    }

    public func status(of endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> EtcdStatus {
        try await call(
            "/v3/maintenance/status", GatewayRequest.fields([]), isRead: true, timeout: timeout, at: .only(endpoint),
            GatewayReply.status)
    }

    public func moveLeader(to member: EtcdMember.ID, timeout: Span) async throws(EtcdError) {
        var refusal: EtcdError?
        for endpoint in candidates(.any) {
            do throws(EtcdError) {
                let fields: [(StaticString, GatewayRequest.Field)] = [("targetID", .number(member.number))]
                return try await change(
                    "/v3/maintenance/transfer-leadership", fields, timeout: timeout, at: .only(endpoint))
            } catch {
                // Only the leader itself can hand over; the others, and those that are down, are passed by.
                switch error {
                case .refused where error.refusal == .notLeader, .unreachable: refusal = refusal ?? error
                default: throw error
                }
            }
        }
        guard let refusal else { preconditionFailure("an etcd client without endpoints") }
        throw refusal
    }

    public func alarms(timeout: Span) async throws(EtcdError) -> [EtcdAlarm] {
        try await call(
            "/v3/maintenance/alarm", GatewayRequest.fields([("action", .word("GET"))]), isRead: true, timeout: timeout,
            at: .any, GatewayReply.alarms)
    }

    public func disarm(_ alarm: EtcdAlarm, timeout: Span) async throws(EtcdError) {
        let fields: [(StaticString, GatewayRequest.Field)] = [
            ("action", .word("DEACTIVATE")), ("memberID", .number(alarm.member.number)),
            ("alarm", .word(alarm.kind.rawValue)),
        ]
        try await change("/v3/maintenance/alarm", fields, timeout: timeout)
    }

    public func compact(to revision: Int64, timeout: Span) async throws(EtcdError) {
        try await call(
            "/v3/kv/compaction", GatewayRequest.compaction(to: revision), isRead: false, timeout: timeout, at: .any
        ) { _ in }
    }

    public func defragment(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) {
        try await change("/v3/maintenance/defragment", [], timeout: timeout, at: .only(endpoint))
    }

    public func isHealthy(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> Bool {
        let response = try await send(
            .GET, "/health", nil, to: endpoint, deadline: .now() + timeout.timeAmount)
        return response.status == .ok
    }

    private func change(
        _ path: StaticString, _ fields: [(StaticString, GatewayRequest.Field)], timeout: Span,
        at choice: EndpointChoice = .any
    ) async throws(EtcdError) {
        try await call(path, GatewayRequest.fields(fields), isRead: false, timeout: timeout, at: choice) { _ in }
    }
}
