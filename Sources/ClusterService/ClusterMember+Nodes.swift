import APIProtocol
import Linux
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// What an operator does with nodes.
extension ClusterMember {
    /// A view is at most 2 s old, its judgement half a second, its report a second.
    private static let standingPatience = Span.seconds(5)

    func nodes() async throws -> [NodeStatus] { try await status().nodes }

    func pendingNodes() async throws -> [PendingNode] {
        try await store.list(PendingRecord.self, under: ClusterKeys.pending).compactMap { stored in
            guard !stored.value.isApproved, stored.value.rejected == nil,
                let id = NodeID(String(stored.key.dropFirst(ClusterKeys.pending.count)))
            else { return nil }
            let request = stored.value.request
            return PendingNode(
                id: id, name: request.name, address: request.address, role: request.role, code: stored.value.code,
                since: stored.value.since, clockOffsetMilliseconds: stored.value.clockOffsetMilliseconds)
        }
    }

    func approve(_ node: NodeID, code: String) async throws { _ = try await admitWaiting(node, code: code) }

    func admitWaiting(_ node: NodeID, code: String) async throws -> Job {
        let epoch = try requireMastership()
        var pending = try await requirePending(node)
        guard pending.value.code == code else {
            throw APIError(.codeMismatch, field: "code", ["node": pending.value.request.name])
        }
        try await requireRoomForNode()
        pending.value.isApproved = true
        let job = newJob(.approve, node: node, subject: node)
        try await store.change(
            [.put(pending.value, at: pending.key), .put(job, at: ClusterKeys.job(job.job.id))],
            if: [.unchanged(pending.key, pending.modified)], by: epoch)
        follow(job)
        return job.job
    }

    func reject(_ node: NodeID) async throws {
        let epoch = try requireMastership()
        var pending = try await requirePending(node)
        pending.value.rejected = .now
        try await store.change(
            [.put(pending.value, at: pending.key)], if: [.unchanged(pending.key, pending.modified)], by: epoch)
    }

    private func requirePending(_ node: NodeID) async throws -> Stored<PendingRecord> {
        guard let pending = try await store.get(PendingRecord.self, at: ClusterKeys.pending(node)) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        return pending
    }

    /// The vote is taken away by the plan, which sees that the node is gone.
    func removeNode(_ node: NodeID) async throws { _ = try await takeOut(node, heir: nil) }

    /// - Parameter heir: gets the node's rank, and with it the vote that is free now.
    func takeOut(_ node: NodeID, heir: NodeID?) async throws -> Job {
        let epoch = try requireMastership()
        guard let record = view.withLockedValue({ $0.node(node) }) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        guard node != self.node else { throw APIError(.nodeIsMaster, ["node": record.name]) }
        guard try await leavesQuorum(without: record) else { throw APIError(.lastVoter, ["node": record.name]) }
        let job = newJob(heir == nil ? .removeNode : .replaceNode, node: node, subject: node, heir: heir)
        var changes: [Change] = [
            .delete(ClusterKeys.node(node)), .delete(ClusterKeys.hardware(node)),
            .put(job, at: ClusterKeys.job(job.job.id)),
        ]
        var conditions: [Condition] = []
        if let heir, var stored = try await store.get(NodeRecord.self, at: ClusterKeys.node(heir)) {
            stored.value.joined = record.joined
            changes.append(.put(stored.value, at: stored.key))
            conditions.append(.unchanged(stored.key, stored.modified))
        }
        try await store.change(changes, if: conditions, by: epoch)
        book.withLockedValue { $0.forget(node) }
        journal.record(.nodeRemoved, about: node, ["other": record.name, "who": "\(Caller.current)"])
        follow(job)
        try await refreshView()
        return job.job
    }

    /// Of the voters that stay, more than half must be alive.
    private func leavesQuorum(without record: NodeRecord) async throws -> Bool {
        guard record.assigned != .spare else { return true }
        let others = planNodes(view.withLockedValue { $0.nodes }.filter { $0.assigned != .spare && $0.id != record.id })
        return others.filter { $0.silentFor <= HeartbeatBook.silentAfter }.count * 2 > others.count
    }

    func replaceNode(_ dead: NodeID, by replacement: NodeID) async throws {
        _ = try await replace(dead, by: replacement)
    }

    func replace(_ dead: NodeID, by replacement: NodeID) async throws -> Job {
        _ = try requireMastership()
        let now = BootClock.now
        guard let old = view.withLockedValue({ $0.node(dead) }) else {
            throw APIError(.unknownNode, ["node": dead.text])
        }
        guard book.withLockedValue({ $0.state(of: dead, at: now) }) != .online else {
            throw APIError(.nodeOnline, ["node": old.name])
        }
        // A waiting node is approved with its six digits first; only then it may take a place.
        guard let new = view.withLockedValue({ $0.node(replacement) }) else {
            let pending = try await requirePending(replacement)
            throw APIError(
                .notEligible, field: "by", ["node": pending.value.request.name, "reason": "it is not approved yet"])
        }
        guard !new.isWitness else {
            throw APIError(.notEligible, field: "by", ["node": new.name, "reason": "it is a witness"])
        }
        return try await takeOut(dead, heir: replacement)
    }

    func switchMaster(to target: String?) async throws -> SwitchAnswer {
        let start = BootClock.now
        _ = try await beginSwitch(to: target, waits: true)
        return try await handedOver(since: start)
    }

    /// - Parameter waits: whether who asked waits for the end; else it hands over once the answer is out.
    /// - Returns: the job that the next master ends.
    func beginSwitch(to target: String?, waits: Bool) async throws -> Job {
        let epoch = try requireMastership()
        let successor = try target.map { try eligible($0) }
        if let successor { try await untilStanding(successor) }
        let others = view.withLockedValue { $0.nodes }.filter {
            $0.id != node && $0.assigned == .voter && !$0.isDrained
        }
        guard !others.isEmpty else { throw APIError(.noTarget) }
        journal.record(
            .switchAsked, ["who": "\(Caller.current)", "other": successor.map { name(of: $0) } ?? "whoever is first"])
        let job = newJob(.switchMaster, node: successor, from: node)
        try await store.change([.put(job, at: ClusterKeys.job(job.job.id))], by: epoch)
        follow(job)
        if waits { mastership.post(.handOverRequested(to: successor)) } else { handOverSoon(to: successor) }
        return job.job
    }

    /// A connection to the virtual address does not outlive the change of its holder: whoever asked there would wait for
    /// the answer in vain. So it is given time to arrive first.
    func handOverSoon(to successor: NodeID?) {
        Task {
            guard await Pause.survived(.milliseconds(300)) else { return }
            mastership.post(.handOverRequested(to: successor))
        }
    }

    /// Returns when a new master serves.
    func handedOver(since start: Instant) async throws -> SwitchAnswer {
        while BootClock.now - start < .seconds(10) {
            let seen = mastership.snapshot.seen
            // The first renewal tells that the new master's first guarded transaction went through.
            if let record = seen?.record, record.node != node, case .held = record.claim, record.sequence > 0 {
                return SwitchAnswer(
                    from: node, to: record.node, epoch: "\(seen?.epoch ?? .none)",
                    milliseconds: Double((BootClock.now - start).microseconds) / 1_000)
            }
            guard await Pause.survived(.milliseconds(2)) else { break }
        }
        throw APIError(.timedOut, ["seconds": "10"])
    }

    /// A node that is used again learns it from the store, and says so with its next report. Handed over to before, it
    /// would let a third one take what it was asked to.
    private func untilStanding(_ node: NodeID) async throws {
        let start = BootClock.now
        while book.withLockedValue({ $0.last(of: node)?.report.isStanding }) == false {
            guard BootClock.now - start < Self.standingPatience, await Pause.survived(.milliseconds(20)) else {
                throw APIError(
                    .notEligible, field: "to",
                    ["node": name(of: node), "reason": "something that a master needs is missing there"])
            }
        }
    }

    private func eligible(_ target: String) throws -> NodeID {
        guard let record = view.withLockedValue({ $0.node(named: target) }) else {
            throw APIError(.unknownNode, field: "to", ["node": target])
        }
        guard record.id != node else { throw APIError(.alreadyMaster, field: "to", ["node": record.name]) }
        let now = BootClock.now
        guard record.assigned == .voter, book.withLockedValue({ $0.state(of: record.id, at: now) }) == .online else {
            throw APIError(
                .notEligible, field: "to", ["node": record.name, "reason": "it is no voter that is online"])
        }
        guard !record.isDrained else {
            throw APIError(.notEligible, field: "to", ["node": record.name, "reason": "it is drained"])
        }
        return record.id
    }
}
