import MembershipCore
import Primitives
import SupervisorProtocol

/// Requests over the control socket, and the events of the processes that answer some of them.
extension SupervisorCore {
    mutating func answer(
        _ client: Client, _ request: SupervisorRequest, at now: Instant, into effects: inout [Effect]
    ) {
        switch request {
        case .ping: effects.append(.reply(client, [.ok]))
        case .status: effects.append(.reply(client, processes.map { .process($0.report) } + [.ok]))
        case .reload:
            guard !isEnding else { return refuse(client, "the supervisor is stopping", into: &effects) }
            reloadingClients.append(client)
            effects.append(.readFacts)
        case .raft(let heartbeat, let election):
            let timing = LocalMembership.RaftTiming(
                heartbeatMilliseconds: heartbeat, electionMilliseconds: election)
            change(timing, for: client, into: &effects)
        case .stop:
            effects.append(.reply(client, [.ok]))
            beginEnd(into: &effects)
        }
    }

    private func refuse(_ client: Client, _ sentence: String, into effects: inout [Effect]) {
        effects.append(.reply(client, [.error(sentence)]))
    }

    // MARK: etcd's timings

    private mutating func change(
        _ timing: LocalMembership.RaftTiming, for client: Client, into effects: inout [Effect]
    ) {
        guard !isEnding else { return refuse(client, "the supervisor is stopping", into: &effects) }
        guard let membership, process(.etcd)?.isWanted == true else {
            return refuse(client, "this node runs no etcd", into: &effects)
        }
        guard timingChange == nil else {
            return refuse(client, "another change of etcd's timings is under way", into: &effects)
        }
        guard membership.raft != timing else { return effects.append(.reply(client, [.ok])) }
        timingChange = TimingChange(client: client, timing: timing)
        effects.append(.saveTiming(timing))
    }

    mutating func timingSaved(_ failure: String?, at now: Instant, into effects: inout [Effect]) {
        guard let change = timingChange, change.giveUpAt == nil else { return }
        if let failure { return failTimingChange(failure, into: &effects) }
        facts?.membership?.raft = change.timing
        var giveUpAt = now
        withProcess(.etcd) { process in
            process.mustRestart = process.pid != nil
            giveUpAt = now + process.plan.stopLimit + process.plan.health.startLimit
        }
        timingChange?.giveUpAt = giveUpAt
        effects.append(
            Report.notice(
                "etcd starts anew with a heartbeat of \(change.timing.heartbeatMilliseconds) ms and an election of "
                    + "\(change.timing.electionMilliseconds) ms"))
    }

    mutating func giveUpTimingChange(at now: Instant, into effects: inout [Effect]) {
        guard let giveUpAt = timingChange?.giveUpAt, now >= giveUpAt else { return }
        failTimingChange("etcd did not get healthy with the new timings in time", into: &effects)
    }

    mutating func failTimingChange(_ sentence: String, into effects: inout [Effect]) {
        guard let change = timingChange else { return }
        timingChange = nil
        refuse(change.client, sentence, into: &effects)
    }

    // MARK: processes

    mutating func exited(
        _ name: ProcessName, _ pid: Int32, _ cause: ExitCause, at now: Instant, into effects: inout [Effect]
    ) {
        withProcess(name) { $0.exited(pid: pid, cause, at: now, into: &effects) }
    }

    mutating func checked(
        _ name: ProcessName, _ pid: Int32, _ result: HealthResult, at now: Instant, into effects: inout [Effect]
    ) {
        withProcess(name) { $0.checked(pid: pid, result, at: now, into: &effects) }
        guard let process = process(name), process.phase == .alive(pid: pid) else { return }
        if name == .etcd, let change = timingChange, change.giveUpAt != nil, process.isHealthy, !process.mustRestart {
            timingChange = nil
            effects.append(.reply(change.client, [.ok]))
        }
        if result == .noSpace { beginHealing(at: now, into: &effects) }
    }

    // MARK: a full etcd

    private mutating func beginHealing(at now: Instant, into effects: inout [Effect]) {
        guard !isEnding, !healing.isRunning, now >= healing.notBefore ?? now else { return }
        healing.isRunning = true
        effects.append(Report.problem("etcd has used up its quota; compacting and defragmenting it"))
        effects.append(.heal)
    }

    mutating func healed(_ failure: String?, at now: Instant, into effects: inout [Effect]) {
        guard healing.isRunning else { return }
        healing = HealingState(isRunning: false, notBefore: now + Self.healingInterval)
        if let failure {
            effects.append(Report.problem("etcd could not be healed: \(failure)"))
        } else {
            effects.append(Report.notice("the attempt to heal etcd has ended"))
        }
    }
}
