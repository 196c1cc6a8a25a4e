import APIProtocol
import Linux
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// A node that is about to be worked on does not stand for master.
extension ClusterMember {
    func drain(_ node: NodeID, waits: Bool) async throws {
        let epoch = try requireMastership()
        let record = try await store.record(of: node)
        guard !record.value.isDrained else { return }
        guard let successor = standing(without: node) else { throw APIError(.noTarget) }
        try await setDrained(true, record, by: epoch)
        journal.record(.nodeDrained, about: node, ["other": record.value.name, "who": "\(Caller.current)"])
        if node == self.node, !waits {
            handOverSoon(to: successor)
        } else if node == self.node {
            let start = BootClock.now
            mastership.post(.handOverRequested(to: successor))
            _ = try await handedOver(since: start)
        }
    }

    func undrain(_ node: NodeID) async throws {
        let epoch = try requireMastership()
        let record = try await store.record(of: node)
        guard record.value.isDrained else { return }
        try await setDrained(nil, record, by: epoch)
        journal.record(.nodeUndrained, about: node, ["other": record.value.name, "who": "\(Caller.current)"])
    }

    private func setDrained(_ drained: Bool?, _ stored: Stored<NodeRecord>, by epoch: Epoch) async throws {
        var record = stored.value
        record.drained = drained
        try await store.change(
            [.put(record, at: stored.key)], if: [.unchanged(stored.key, stored.modified)], by: epoch)
        try await refreshView()
    }

    private func standing(without node: NodeID) -> NodeID? {
        let now = BootClock.now
        let nodes = view.withLockedValue { $0.nodes }.filter { $0.assigned == .voter }
        let voters = book.withLockedValue { book in
            nodes.map {
                DrainPlan.Voter(
                    id: $0.id, isOnline: $0.id == self.node || book.state(of: $0.id, at: now) == .online,
                    isDrained: $0.isDrained)
            }
        }
        return DrainPlan.standing(without: node, voters: voters, master: self.node)
    }
}

extension ClusterStore {
    /// - Throws: `unknownNode`.
    func record(of node: NodeID) async throws -> Stored<NodeRecord> {
        guard let record = try await get(NodeRecord.self, at: ClusterKeys.node(node)) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        return record
    }
}
