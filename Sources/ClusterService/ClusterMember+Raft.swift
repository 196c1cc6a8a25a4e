import APIProtocol
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import ProfileCore

/// etcd's own two timings follow the profile: the master gives the members their turn, each restarts its own etcd.
extension ClusterMember {
    // MARK: The master's part

    /// Runs while this node is master.
    func rollOutRaft() async {
        defer { progress.withLockedValue { $0.raftTurn = nil } }
        while await Pause.survived(.seconds(1)) {
            guard let wanted = pace.raft(at: BootClock.now), let voters = healthyVoters() else { continue }
            let timing = LocalMembership.RaftTiming(wanted.profile.raft)
            switch RaftPlan.next(voters: voters, wanted: timing, isLasting: wanted.isLasting, master: node) {
            case .settled: progress.withLockedValue { $0.raftTurn = nil }
            case .restart(let id): giveTurn(to: id, timing)
            case .handOver(let successor):
                journal.record(.raftHandOver, ["other": name(of: successor)])
                mastership.post(.handOverRequested(to: successor))
                return
            }
        }
    }

    private func giveTurn(to id: NodeID, _ timing: LocalMembership.RaftTiming) {
        let isNew = progress.withLockedValue { progress in
            defer { progress.raftTurn = (id, timing) }
            return progress.raftTurn?.node != id || progress.raftTurn?.timing != timing
        }
        guard isNew else { return }
        journal.record(
            .raftRestart, about: id,
            [
                "other": name(of: id), "heartbeat": "\(timing.heartbeatMilliseconds)",
                "election": "\(timing.electionMilliseconds)",
            ])
    }

    /// nil unless every voter is online and votes, and etcd is well: a restart is for quiet times.
    private func healthyVoters() -> [RaftPlan.Voter]? {
        let now = BootClock.now
        let view = view.withLockedValue { $0 }
        let voters = view.nodes.filter { $0.assigned != .spare }
        guard view.etcd.healthy, view.etcd.alarms.isEmpty, view.etcd.members == voters.count,
            view.etcd.inStep == voters.count
        else { return nil }
        return book.withLockedValue { book in
            guard voters.allSatisfy({ book.state(of: $0.id, at: now) == .online }) else { return nil }
            return voters.map {
                RaftPlan.Voter(
                    id: $0.id, isWitness: $0.isWitness || $0.isDrained, timing: book.last(of: $0.id)?.report.raft)
            }
        }
    }

    // MARK: Every voter's part

    /// A deposed master's word does not count.
    func heardTurn(_ answer: HeartbeatAnswer) {
        guard let epoch = Epoch(answer.epoch), epoch >= mastership.snapshot.highest else { return }
        progress.withLockedValue { $0.raftWanted = answer.raft }
    }

    /// Beside the reports, which must not stop while etcd is restarted. One word of the master is one try: it says it again
    /// with every report, and what it said does not outlive it on a node that has become master itself.
    func takeRaftTurns() async {
        while await Pause.survived(.milliseconds(500)) {
            let wanted = progress.withLockedValue { progress in
                defer { progress.raftWanted = nil }
                return progress.raftWanted
            }
            guard let wanted, mastership.snapshot.tenure == nil,
                membership.withLockedValue({ $0.role != .spare && $0.raft != wanted })
            else { continue }
            do {
                try await supervisor.use(wanted)
                membership.withLockedValue { $0.raft = wanted }
            } catch {
                logger.warning("etcd does not run with the timings of the profile: \(error)")
            }
        }
    }
}
