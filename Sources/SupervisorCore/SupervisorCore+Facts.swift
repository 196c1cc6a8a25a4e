import MembershipCore
import Primitives
import SupervisorProtocol

/// The node's files and the stage that follows from them.
extension SupervisorCore {
    mutating func adopt(_ new: NodeFacts, at now: Instant, into effects: inout [Effect]) {
        guard !isEnding else { return }
        let old = facts
        facts = new
        rereadAt = nil
        if old?.stage != new.stage { effects.append(Report.notice("the node's stage is: \(new.stage.rawValue)")) }
        let restarts = old.map { Self.restarts(from: $0, to: new) } ?? []
        for index in processes.indices {
            processes[index].isWanted = processes[index].plan.runs(with: new)
            if restarts.contains(processes[index].name), processes[index].pid != nil, processes[index].isWanted {
                processes[index].mustRestart = true
            }
        }
        for client in reloadingClients { effects.append(.reply(client, [.ok])) }
        reloadingClients = []
    }

    /// Nothing changes while the files cannot be read; without any facts nothing runs, since an unreadable membership
    /// must never be taken for none.
    mutating func keepFacts(because sentence: String, at now: Instant, into effects: inout [Effect]) {
        guard !isEnding else { return }
        for client in reloadingClients { effects.append(.reply(client, [.error(sentence)])) }
        if facts == nil { rereadAt = now + Self.rereadInterval }
        if facts == nil || !reloadingClients.isEmpty { effects.append(Report.problem(sentence)) }
        reloadingClients = []
    }

    /// What has to start anew because of what changed.
    static func restarts(from old: NodeFacts, to new: NodeFacts) -> [ProcessName] {
        var names: [ProcessName] = []
        let (before, after) = (old.membership, new.membership)
        let isOtherCluster =
            before?.clusterToken != after?.clusterToken || before?.generation != after?.generation
            || before?.node != after?.node
        if isOtherCluster || before?.raft != after?.raft { names.append(.etcd) }
        if isOtherCluster || (old.stage == .member) != (new.stage == .member) || before?.role != after?.role {
            names.append(.clusterd)
        }
        return names
    }
}
