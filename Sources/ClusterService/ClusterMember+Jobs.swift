import APIProtocol
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// Actions that take longer than their request.
extension ClusterMember {
    func jobs() async throws -> [Job] {
        try await store.list(StoredJob.self, under: ClusterKeys.jobs).sorted { $0.created > $1.created }
            .map(\.value.job)
    }

    func job(_ id: String) async throws -> Job {
        guard let stored = try await store.get(StoredJob.self, at: ClusterKeys.job(id)) else {
            throw APIError(.unknownJob, ["job": id])
        }
        return stored.value.job
    }

    func start(_ action: JobAction) async throws -> Job {
        switch action {
        case .removeNode(let node): try await takeOut(node, heir: nil)
        case .replaceNode(let dead, let replacement): try await replace(dead, by: replacement)
        case .approve(let node, let code): try await admitWaiting(node, code: code)
        case .switchMaster(let target): try await beginSwitch(to: target, waits: false)
        }
    }

    /// A new job that is not in the store yet.
    func newJob(_ kind: JobKind, node: NodeID?, subject: NodeID? = nil, heir: NodeID? = nil, from: NodeID? = nil)
        -> StoredJob
    {
        var random = SystemRandomNumberGenerator()
        let id = Hexadecimal.text((0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
        return StoredJob(
            kind, id: id, node: node, subject: subject, heir: heir, from: from, who: "\(Caller.current)", at: .now)
    }

    /// After it was written to the store.
    func follow(_ job: StoredJob) { running.withLockedValue { $0.append(job) } }

    /// Brings every running job level, while this node is master in that epoch.
    func followJobs(in epoch: Epoch) async {
        var isRead = false
        while await Pause.survived(.milliseconds(isRead ? 300 : 50)) {
            do {
                if !isRead { try await readJobs() }
                isRead = true
                try await advanceJobs(in: epoch)
            } catch {
                logger.debug("jobs will be looked at again", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What this node followed when it was master before is not true any more; what was begun meanwhile is.
    private func readJobs() async throws {
        let old = Set(running.withLockedValue { $0 }.map(\.job.id))
        let stored = try await store.list(StoredJob.self, under: ClusterKeys.jobs).map(\.value)
        running.withLockedValue { running in
            let begun = running.filter { !old.contains($0.job.id) }
            let ids = Set(begun.map(\.job.id))
            running = begun + stored.filter { $0.job.state == .running && !ids.contains($0.job.id) }
        }
    }

    private func advanceJobs(in epoch: Epoch) async throws {
        let known = running.withLockedValue { $0 }
        guard !known.isEmpty else { return }
        let world = known.contains { $0.job.kind != .verify } ? try await world() : nil
        for old in known {
            var next = old
            if old.job.kind == .verify {
                next.advance(await verification(old), at: .now)
            } else if let world {
                next.advance(world, at: .now)
            }
            guard next != old else { continue }
            try await store.change([.put(next, at: ClusterKeys.job(next.job.id))], by: epoch)
            running.withLockedValue { running in
                running.removeAll { $0.job.id == old.job.id }
                if next.job.state == .running { running.append(next) }
            }
        }
    }

    private func world() async throws -> StoredJob.World {
        let nodes = view.withLockedValue { $0.nodes }
        let members = try await store.members()
        let now = BootClock.now
        let online = book.withLockedValue { book in
            nodes.filter { $0.id == node || book.state(of: $0.id, at: now) == .online }.map(\.id)
        }
        let step = VoterPlan.next(
            nodes: planNodes(nodes), members: planMembers(members, nodes: nodes), master: node)
        return StoredJob.World(
            nodes: Set(nodes.map(\.id)), members: Set(members.map { $0.node(among: nodes) }),
            voters: Set(members.filter { !$0.isLearner }.map { $0.node(among: nodes) }), online: Set(online),
            isSettled: step == .settled, master: node)
    }
}
