import AccessCore
import APIProtocol
import NIOConcurrencyHelpers
import Primitives

/// Four eyes: what destroys waits until another user has seen it.
extension ClusterMember {
    func approvals() async throws -> [ApprovalInfo] {
        let now = Timestamp.now
        return try await store.list(ApprovalRecord.self, under: ClusterKeys.approvals).map(\.value)
            .filter { now < $0.expires }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }.map(\.info)
    }

    func hold(_ request: HeldRequest) async throws -> String? {
        let epoch = try requireMastership()
        guard let user = Caller.current.identity,
            let endpoint = Endpoint.all.first(where: { $0.action == request.action })
        else { return nil }
        let settings = try await refreshAccess().settings
        let wished = endpoint == .changeSecurity ? try Self.settings(in: request) : nil
        guard settings.mustHold(endpoint, wished: wished, by: Caller.current) else { return nil }
        try requireTarget(of: endpoint, request.target)
        let waiting = try await store.list(ApprovalRecord.self, under: ClusterKeys.approvals)
        // Asked twice is asked once.
        if let same = waiting.first(where: {
            $0.value.request == request && $0.value.requesters.contains(user.id) && .now < $0.value.expires
        }) {
            return same.value.id
        }
        guard waiting.count < ApprovalRecord.most else { throw APIError(.tooManyAttempts, ["seconds": "60"]) }
        let record = ApprovalRecord(
            id: Hexadecimal.text(RandomBytes.make(8)), request: request, by: user, at: .now)
        try await store.change([.put(record, at: ClusterKeys.approval(record.id))], by: epoch)
        journal.record(
            .approvalAsked,
            ["who": user.name, "what": request.action, "target": request.target.isEmpty ? "-" : request.target])
        return record.id
    }

    private static func settings(in request: HeldRequest) throws -> SecuritySettings {
        let settings = try StrictJSON.decode(SecuritySettings.self, from: Array(request.body.utf8))
        try settings.validate()
        return settings
    }

    /// What is not there need not wait.
    private func requireTarget(of endpoint: Endpoint, _ target: String) throws {
        switch endpoint {
        case .removeNode:
            guard let id = NodeID(target), view.withLockedValue({ $0.node(id) }) != nil else {
                throw APIError(.unknownNode, ["node": target])
            }
        case .removeUser: _ = try Self.require(target, in: access.view.withLockedValue { $0 })
        default: return
        }
    }

    func claimApproval(_ id: String) async throws -> HeldRequest {
        _ = try requireMastership()
        let record = try await requireApproval(id)
        try record.checkApprover(Caller.current, at: .now)
        return record.request
    }

    func closeApproval(_ id: String) async throws {
        try await store.change([.delete(ClusterKeys.approval(id))], by: try requireMastership())
    }

    func rejectApproval(_ id: String) async throws {
        let epoch = try requireMastership()
        try await requireApproval(id).checkRejecter(Caller.current, at: .now)
        try await store.change([.delete(ClusterKeys.approval(id))], by: epoch)
    }

    private func requireApproval(_ id: String) async throws -> ApprovalRecord {
        guard let record = try await store.get(ApprovalRecord.self, at: ClusterKeys.approval(id)) else {
            throw APIError(.unknownApproval, ["approval": String(id.prefix(64))])
        }
        return record.value
    }
}
