import Primitives
import SupervisorProtocol

/// One process over its lives.
struct ManagedProcess: Sendable {
    typealias Effect = SupervisorCore.Effect
    typealias Report = SupervisorCore.Report

    enum Phase: Equatable, Sendable {
        case idle
        /// Wanted, and waits for others.
        case waiting(since: Instant)
        case spawning
        case alive(pid: Int32)
        /// Asked to end; nil: SIGKILL was sent.
        case ending(pid: Int32, killAt: Instant?)
        case pausing(until: Instant)
    }

    let plan: ProcessPlan
    var phase = Phase.idle
    var isWanted = false
    /// The present life is to be ended and followed by another one without a pause.
    var mustRestart = false
    /// Whether the present life was asked to end by an operator or a change of stage.
    private var wasAsked = false
    private(set) var starts = 0
    /// Ends by itself in a row, none of them after a long time in good health.
    private(set) var earlierEnds = 0
    private(set) var aliveSince = Instant(nanoseconds: 0)
    private(set) var healthySince: Instant?
    private(set) var wasHealthy = false
    private(set) var badAnswers = 0
    private(set) var nextCheck: Instant?

    init(_ plan: ProcessPlan) { self.plan = plan }

    var name: ProcessName { plan.name }

    var pid: Int32? {
        switch phase {
        case .alive(let pid), .ending(let pid, _): pid
        case .idle, .waiting, .spawning, .pausing: nil
        }
    }

    var isHealthy: Bool {
        if case .alive = phase { healthySince != nil } else { false }
    }

    var report: ProcessReport {
        let state: ProcessReport.State
        switch phase {
        case .idle: state = .stopped
        case .waiting: state = .waiting
        case .spawning: state = .starting
        case .alive: state = healthySince != nil ? .running : wasHealthy ? .unhealthy : .starting
        case .ending: state = .stopping
        case .pausing: state = .backoff
        }
        return ProcessReport(name: name.rawValue, state: state, pid: pid, restarts: max(0, starts - 1))
    }

    var nextWake: Instant? {
        switch phase {
        case .idle, .waiting, .spawning: nil
        case .pausing(let until): until
        case .ending(_, let killAt): killAt
        case .alive: isWanted ? [nextCheck, startDeadline].compactMap(\.self).min() : nil
        }
    }

    private var startDeadline: Instant? { wasHealthy ? nil : aliveSince + plan.health.startLimit }

    // MARK: events

    mutating func spawned(pid: Int32, at now: Instant) {
        precondition(phase == .spawning, "\(name) was started without being asked for")
        phase = .alive(pid: pid)
        starts += 1
        aliveSince = now
        healthySince = nil
        wasHealthy = false
        badAnswers = 0
        nextCheck = now + plan.health.startInterval
    }

    mutating func spawnFailed(_ sentence: String, at now: Instant, into effects: inout [Effect]) {
        precondition(phase == .spawning, "\(name) was started without being asked for")
        let pause = max(plan.restart.shortest, plan.restart.pause(afterEarlierEnds: earlierEnds))
        earlierEnds += 1
        phase = .pausing(until: now + pause)
        effects.append(Report.problem("\(name) does not start: \(sentence); trying again in \(pause)"))
    }

    mutating func exited(pid: Int32, _ cause: ExitCause, at now: Instant, into effects: inout [Effect]) {
        precondition(self.pid == pid, "\(name) with process id \(pid) is not the present one")
        let isInOrder = wasAsked || !isWanted || mustRestart
        wasAsked = false
        mustRestart = false
        guard !isInOrder else {
            phase = .idle
            effects.append(Report.notice("\(name) \(cause) as asked"))
            return
        }
        forgetEarlierEnds(at: now)
        let pause = plan.restart.pause(afterEarlierEnds: earlierEnds)
        earlierEnds += 1
        phase = .pausing(until: now + pause)
        effects.append(
            Report.problem("\(name) \(cause) after \(now - aliveSince); starting it again in \(pause)"))
    }

    mutating func checked(pid: Int32, _ result: HealthResult, at now: Instant, into effects: inout [Effect]) {
        guard phase == .alive(pid: pid) else { return }
        switch result {
        case .healthy, .noSpace:
            if healthySince == nil {
                healthySince = now
                effects.append(Report.notice("\(name) is healthy \(now - aliveSince) after its start"))
            }
            wasHealthy = true
            badAnswers = 0
        case .failed(let sentence):
            guard wasHealthy else { break }
            if badAnswers == 0 { effects.append(Report.problem("\(name) fails its health check: \(sentence)")) }
            badAnswers += 1
            forgetEarlierEnds(at: now)
            healthySince = nil
        }
        nextCheck = now + (wasHealthy ? plan.health.interval : plan.health.startInterval)
    }

    private mutating func forgetEarlierEnds(at now: Instant) {
        if let healthySince, now - healthySince >= plan.restart.forgetAfter { earlierEnds = 0 }
    }

    // MARK: what is due

    mutating func begin(into effects: inout [Effect]) {
        phase = .spawning
        effects.append(.spawn(name))
    }

    mutating func end(at now: Instant, into effects: inout [Effect]) {
        guard case .alive(let pid) = phase else { return }
        wasAsked = !isWanted || mustRestart
        phase = .ending(pid: pid, killAt: now + plan.stopLimit)
        nextCheck = nil
        effects.append(.terminate(name, pid: pid))
    }

    mutating func attend(at now: Instant, into effects: inout [Effect]) {
        switch phase {
        case .alive(let pid) where isWanted:
            if badAnswers >= plan.health.patience {
                effects.append(Report.problem("\(name) hangs and is ended"))
                // What hangs gets no time to end in order: its work is another node's by now.
                phase = .ending(pid: pid, killAt: nil)
                effects.append(.kill(name, pid: pid))
            } else if let startDeadline, now >= startDeadline {
                effects.append(Report.problem("\(name) did not get healthy in \(plan.health.startLimit)"))
                end(at: now, into: &effects)
            } else if let due = nextCheck, now >= due {
                nextCheck = nil
                effects.append(.check(name, pid: pid))
            }
        case .ending(let pid, .some(let killAt)) where now >= killAt:
            phase = .ending(pid: pid, killAt: nil)
            effects.append(Report.problem("\(name) did not end in \(plan.stopLimit) and is killed"))
            effects.append(.kill(name, pid: pid))
        case .idle, .waiting, .spawning, .alive, .ending, .pausing: break
        }
    }
}
