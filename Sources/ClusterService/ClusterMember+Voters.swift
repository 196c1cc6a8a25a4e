import APIProtocol
import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// The master's work on who votes: one step of the plan at a time, again and again.
extension ClusterMember {
    /// Runs while this node is master in that epoch.
    func arrangeVoters(in epoch: Epoch) async {
        var wait = Span.milliseconds(300)
        while await Pause.survived(wait) {
            do {
                wait = try await arrangeOnce(in: epoch) == .settled ? .seconds(1) : .milliseconds(300)
            } catch {
                logger.debug("the step towards the right voters will be tried again", metadata: ["error": "\(error)"])
            }
        }
    }

    /// - Returns: the step that was taken.
    private func arrangeOnce(in epoch: Epoch) async throws -> VoterPlan.Step {
        let nodes = view.withLockedValue { $0.nodes }
        let members = try await store.members()
        let step = VoterPlan.next(
            nodes: planNodes(nodes), members: planMembers(members, nodes: nodes), master: node)
        if step != .settled { await bePatient() }
        switch step {
        case .settled: return step
        case .add(let id):
            guard let record = nodes.first(where: { $0.id == id }) else { break }
            try await store.addLearner(record.address)
            try await assign(id, record.isWitness ? .witness : .voter, by: epoch)
            journal.record(.learnerAdded, ["other": record.name])
        case .promote(let id):
            guard let member = members.first(where: { $0.node(among: nodes) == id }) else { break }
            try await store.promote(member)
            journal.record(.voterPromoted, about: id, ["other": name(of: id)])
        case .remove(let id, let reason):
            guard let member = members.first(where: { $0.node(among: nodes) == id }) else { break }
            try await store.remove(member)
            if nodes.contains(where: { $0.id == id }) { try await assign(id, .spare, by: epoch) }
            journal.record(.voterRemoved, about: id, ["other": name(of: id), "reason": reason.rawValue])
        }
        try await refreshView()
        return step
    }

    func planNodes(_ nodes: [NodeRecord]) -> [VoterPlan.Node] {
        let now = BootClock.now
        return book.withLockedValue { book in
            nodes.map { record in
                let silence = record.id == node ? .zero : book.silence(of: record.id, at: now)
                return VoterPlan.Node(
                    id: record.id, isWitness: record.isWitness, silentFor: silence,
                    domain: book.last(of: record.id).map { $0.report.domain ?? "" })
            }
        }
    }

    func planMembers(_ members: [StoreMember], nodes: [NodeRecord]) -> [VoterPlan.Member] {
        members.map { VoterPlan.Member(id: $0.node(among: nodes), isLearner: $0.isLearner) }
    }

    private func assign(_ id: NodeID, _ role: LocalMembership.Role, by epoch: Epoch) async throws {
        guard var record = try await store.get(NodeRecord.self, at: ClusterKeys.node(id)) else { return }
        record.value.assigned = role
        try await store.change(
            [.put(record.value, at: record.key)], if: [.unchanged(record.key, record.modified)], by: epoch)
    }
}
