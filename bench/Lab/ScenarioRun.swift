import APIProtocol
import Primitives

/// Makes a scenario's fault in a whole cluster, watches it through the client's eyes and judges it.
public struct ScenarioRun {
    let cluster: KeelsonCluster
    let probe: Probe

    /// What came of one scenario.
    public struct Verdict: Sendable {
        public let name: String
        /// As the client of the VIP saw it; nil without a takeover.
        public let outage: Span?
        /// One sentence for each promise that was broken.
        public let problems: [String]
    }

    /// - Parameter cluster: whole.
    public init(_ cluster: KeelsonCluster) throws(LabError) {
        self.cluster = cluster
        probe = try cluster.lab.startProbe([.api, .responder], authority: cluster.authority)
    }

    /// Ends the client.
    public func stop() { probe.stop() }

    /// - Throws: `LabError` when the fault cannot be made or the cluster does not become whole again.
    public func run(_ scenario: Scenario) throws(LabError) -> Verdict {
        let before = try cluster.waitUntilWhole(within: .seconds(60))
        let name = try probe.log.waitForSteadyAnswer(.api, within: .seconds(30))
        let master = try cluster.lab.node(named: name)
        let stage = Scenario.Stage(
            cluster: cluster, master: master, others: cluster.lab.nodes.filter { $0.name != name })
        let take = Span.milliseconds(Int64(before.profile.takeMilliseconds))
        let fault = LabClock.now()
        try scenario.fault(stage)
        let outage = watch(scenario, fault: fault, old: name, take: take)
        try scenario.heal(stage)
        let after = try cluster.waitUntilWhole(within: .seconds(60))
        _ = try probe.log.waitForSteadyAnswer(.api, within: .seconds(30))
        let problems =
            judge(scenario, fault: fault, old: name, outage: outage, take: take)
            + epochProblems(scenario, before, after)
        probe.log.forget(before: LabClock.now() - .seconds(1))
        return Verdict(name: scenario.name, outage: outage?.duration, problems: problems)
    }

    private func watch(_ scenario: Scenario, fault: Instant, old: String, take: Span) -> Outage? {
        let begin = fault - .milliseconds(500)
        if scenario.takeovers == .one {
            _ = probe.log.wait(.api, since: begin, until: fault + take + .seconds(10)) { rows in
                Outage(rows: rows, fault: fault, old: old)
            }
            // A request that fails is known when its timeout has passed.
            LabClock.pass(.milliseconds(1200))
        } else {
            // Long enough for a takeover that must not happen, and for one that may.
            LabClock.pass(take * 2 + .seconds(1))
        }
        return Outage(rows: probe.log.rows(.api, since: begin), fault: fault, old: old)
    }

    private func judge(
        _ scenario: Scenario, fault: Instant, old: String, outage: Outage?, take: Span
    ) -> [String] {
        let rows = probe.log.rows(.api, since: fault)
        let failed = rows.count { $0.answer == nil }
        let holders = Outage.holders(probe.log.rows(.responder, since: fault - .milliseconds(500)))
        var problems: [String] = []
        switch scenario.takeovers {
        case .none:
            if failed > 0 {
                let plain = probe.log.rows(.responder, since: fault).count { $0.answer == nil }
                problems.append("\(failed) API requests through the VIP failed, and \(plain) plain ones.")
            }
            if holders != [old] { problems.append("The VIP was answered by \(holders) in turn.") }
        case .one:
            if let outage {
                // The promise for 99 % is T + 0.3 s.
                if outage.duration > take + .milliseconds(300) {
                    problems.append("The outage of \(outage.duration) is longer than T + 300 ms.")
                }
            } else {
                problems.append("No other node took over.")
            }
            if holders.count != 2 { problems.append("The VIP was answered by \(holders) in turn, not by two nodes.") }
        case .atMostOne:
            if holders.count > 2 { problems.append("The VIP was answered by \(holders) in turn.") }
        case .silence:
            if failed == 0 { problems.append("The VIP was answered without a majority.") }
        }
        return problems
    }

    /// Epochs only grow; a takeover has a new one, and where none is allowed there is none.
    private func epochProblems(_ scenario: Scenario, _ before: ClusterStatus, _ after: ClusterStatus) -> [String] {
        guard let old = before.master.flatMap({ Epoch($0.epoch) }), let new = after.master.flatMap({ Epoch($0.epoch) })
        else { return ["An epoch is not understood: \(before.master?.epoch ?? "-"), \(after.master?.epoch ?? "-")."] }
        if new < old { return ["The epoch fell from \(old) to \(new)."] }
        switch scenario.takeovers {
        case .none where new != old: return ["The epoch changed from \(old) to \(new) without a need."]
        case .one where new == old: return ["The epoch \(old) stayed although another node took over."]
        default: return []
        }
    }
}
