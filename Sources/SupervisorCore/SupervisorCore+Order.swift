import Primitives
import SupervisorProtocol

/// Starting and stopping in order.
extension SupervisorCore {
    /// Brings every process one step nearer to what is wanted. Called after every event; asks for nothing twice.
    mutating func settle(at now: Instant, into effects: inout [Effect]) {
        if let rereadAt, now >= rereadAt {
            self.rereadAt = nil
            effects.append(.readFacts)
        }
        for index in processes.indices { start(index, at: now, into: &effects) }
        for name in ProcessPlan.stopOrder { stop(name, at: now, into: &effects) }
        for index in processes.indices { processes[index].attend(at: now, into: &effects) }
        giveUpTimingChange(at: now, into: &effects)
        announce(into: &effects)
    }

    private mutating func start(_ index: Int, at now: Instant, into effects: inout [Effect]) {
        guard processes[index].isWanted else { return }
        switch processes[index].phase {
        case .idle: processes[index].phase = .waiting(since: now)
        case .pausing(let until) where now >= until: processes[index].phase = .waiting(since: now)
        case .waiting, .spawning, .alive, .ending, .pausing: break
        }
        guard case .waiting(let since) = processes[index].phase else { return }
        if now >= startTime(of: processes[index], waitingSince: since) { processes[index].begin(into: &effects) }
    }

    /// When a waiting process starts, however its neighbours are.
    func startTime(of process: ManagedProcess, waitingSince since: Instant) -> Instant {
        process.plan.after.filter { !isMet($0) }.map { since + $0.patience }.max() ?? since
    }

    private func isMet(_ requirement: ProcessPlan.Requirement) -> Bool {
        guard let other = process(requirement.process), other.isWanted else { return true }
        switch requirement.condition {
        case .started: return other.pid != nil
        case .healthy: return other.isHealthy
        }
    }

    /// Ends a process that is not wanted, or has to start anew, once those before it in the order of stopping are gone.
    private mutating func stop(_ name: ProcessName, at now: Instant, into effects: inout [Effect]) {
        guard let index = processes.firstIndex(where: { $0.name == name }) else { return }
        guard !processes[index].isWanted || processes[index].mustRestart else { return }
        switch processes[index].phase {
        case .waiting, .pausing:
            processes[index].mustRestart = false
            if !processes[index].isWanted { processes[index].phase = .idle }
        case .alive:
            let earlier = ProcessPlan.stopOrder.prefix { $0 != name }
            let isFirst = earlier.allSatisfy { other in
                guard let process = process(other) else { return true }
                return (process.isWanted && !process.mustRestart) || process.pid == nil
            }
            if isFirst { processes[index].end(at: now, into: &effects) }
        case .idle, .spawning, .ending: break
        }
    }

    /// Begins the end of everything.
    mutating func beginEnd(into effects: inout [Effect]) {
        guard !isEnding else { return }
        isEnding = true
        rereadAt = nil
        for index in processes.indices {
            processes[index].isWanted = false
            processes[index].mustRestart = false
        }
        effects.append(.announceStopping)
        effects.append(
            Report.notice("stopping in order: \(ProcessPlan.stopOrder.map(\.rawValue).joined(separator: ", "))"))
        failTimingChange("the supervisor is stopping", into: &effects)
        for client in reloadingClients { effects.append(.reply(client, [.error("the supervisor is stopping")])) }
        reloadingClients = []
    }

    private mutating func announce(into effects: inout [Effect]) {
        if isEnding {
            guard processes.allSatisfy({ $0.phase == .idle }) else { return }
            hasExited = true
            effects.append(.exit)
            return
        }
        guard !hasAnnouncedReady, facts != nil || rereadAt != nil else { return }
        let isUnderWay = processes.allSatisfy { process in
            switch process.phase {
            case .idle: !process.isWanted
            case .waiting, .spawning: false
            case .alive, .ending, .pausing: true
            }
        }
        guard isUnderWay else { return }
        hasAnnouncedReady = true
        effects.append(.announceReady)
    }
}
