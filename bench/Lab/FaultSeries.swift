import Glibc
import Primitives

/// Makes the same fault to whoever answers for the VIP, again and again, and measures what the client sees.
public struct FaultSeries {
    /// What is done to the holder.
    public enum Fault: String, Sendable, CaseIterable {
        /// Link down and SIGKILL of everything.
        case power
        /// SIGSTOP of the cluster daemon: it can neither renew nor give up.
        case stopped = "daemon stopped"
        /// The cable to the switch is pulled: peers and client are gone.
        case cable
        /// The peers are gone, but the client still reaches the old holder: the hardest case for one holder at a time.
        case partition
    }

    let lab: Lab
    let probe: Probe
    let target: ProbeRow.Target
    /// The random part of the moment of a fault: one period of what the cluster does periodically.
    let phase: Span
    /// How long the answers are watched after a takeover, before the fault is taken back.
    let watch: Span
    /// Called before the first fault and after each: waits until the cluster is whole.
    /// - Returns: how the cluster itself saw the last failover, if it keeps such a history.
    let settle: () throws(LabError) -> String?

    public init(
        lab: Lab, probe: Probe, target: ProbeRow.Target, phase: Span, watch: Span,
        settle: @escaping () throws(LabError) -> String?
    ) {
        self.lab = lab
        self.probe = probe
        self.target = target
        self.phase = phase
        self.watch = watch
        self.settle = settle
    }

    /// - Throws: `LabError` when the cluster is not whole before a fault.
    public func run(
        _ what: String, _ fault: Fault = .power, runs: Int, random: inout SeededRandom
    ) throws(LabError) -> FailoverSeries {
        var series = FailoverSeries(what)
        _ = try settle()
        for run in 1...runs {
            _ = try probe.log.waitForSteadyAnswer(target, within: .seconds(60))
            LabClock.pass(random.span(below: phase))
            let old = try probe.log.waitForSteadyAnswer(target, requests: 20, within: .seconds(20))
            let node = try lab.node(named: old)
            let moment = LabClock.now()
            let stopped = try make(fault, on: node)
            waitForTakeover(moment, old)
            LabClock.pass(watch)
            try takeBack(fault, on: node, stopped: stopped)
            let seen = try settle()
            // Only now are the rows complete: a request that fails is known when its timeout has passed.
            let begin = moment - .milliseconds(500)
            let outage = Outage(rows: probe.log.rows(target, since: begin), fault: moment, old: old)
            add(outage, probe.log.rows(target, since: moment), to: &series)
            addPlain(probe.log.rows(.responder, since: begin), moment, old, to: &series)
            let shown = outage?.duration.description ?? "no takeover"
            Terminal.complain("\(what): \(run) of \(runs), \(old), \(shown)" + (seen.map { "; \($0)" } ?? ""))
            if let outage, let gap = Outage.laterGap(rows: probe.log.rows(target, since: begin), after: outage) {
                Terminal.complain("  \(gap)")
            }
            probe.log.forget(before: LabClock.now() - .seconds(1))
        }
        return series
    }

    /// What the plain responder shows: it answers whatever the daemons do.
    private func addPlain(_ rows: [ProbeRow], _ fault: Instant, _ old: String, to series: inout FailoverSeries) {
        guard let outage = Outage(rows: rows, fault: fault, old: old) else { return }
        series.plainOutages.append(outage.duration)
        series.plainChanges += Outage.changes(rows: rows, after: outage.firstAnswer)
        if let margin = Outage.margin(rows: rows, fault: fault, old: old) { series.margins.append(margin) }
    }

    /// - Returns: the processes that were stopped.
    private func make(_ fault: Fault, on node: LabNode) throws(LabError) -> [pid_t] {
        switch fault {
        case .power: try node.cutPower()
        case .cable: try node.setCable(connected: false)
        case .partition: try lab.network.partition(node: node.index, from: lab.nodes.map(\.index))
        case .stopped:
            let pids = node.processes(of: "keelson-clusterd")
            for pid in pids { kill(pid, SIGSTOP) }
            return pids
        }
        return []
    }

    private func takeBack(_ fault: Fault, on node: LabNode, stopped: [pid_t]) throws(LabError) {
        switch fault {
        case .power: try node.restorePower()
        case .cable: try node.setCable(connected: true)
        case .partition: try lab.network.heal()
        case .stopped: for pid in stopped { kill(pid, SIGCONT) }
        }
    }

    /// Returns at the new holder's first answer, or after 20 s without one.
    private func waitForTakeover(_ fault: Instant, _ old: String) {
        _ = probe.log.wait(target, since: fault - .milliseconds(500), until: fault + .seconds(20)) { rows in
            Outage(rows: rows, fault: fault, old: old)
        }
    }

    private func add(_ outage: Outage?, _ rows: [ProbeRow], to series: inout FailoverSeries) {
        guard let outage else {
            series.missed += 1
            return
        }
        series.outages.append(outage.duration)
        series.changes += Outage.changes(rows: rows, after: outage.firstAnswer)
    }
}
