import APIProtocol
import Primitives

/// The comparison of failovers: keepalived and Keelson on one rig in one run.
public struct FailoverBench {
    /// Power cuts of each kind.
    let runs: Int
    private var random: SeededRandom
    /// Everything measured so far, in order.
    public private(set) var series: [FailoverSeries] = []
    /// Outages of planned switches, by profile.
    public private(set) var switches: [String: [Span]] = [:]
    /// Requests that failed while a node that is not master was lost, by profile.
    public private(set) var bystanders: [String: Int] = [:]

    public init(runs: Int, seed: UInt64) {
        self.runs = runs
        random = SeededRandom(seed: seed)
    }

    /// The series with this name.
    func series(_ what: String) -> FailoverSeries? { series.first { $0.what == what } }

    /// keepalived with one advertisement interval, quiet and loaded.
    public mutating func keepalived(advertisement: Double) throws(LabError) {
        let lab = try Lab()
        do throws(LabError) {
            for _ in 1...3 { try lab.addNode(Keepalived(advertisement: advertisement)).powerOn() }
            let probe = try lab.startProbe([.responder])
            defer { probe.stop() }
            let period = Span.milliseconds(Int64(advertisement * 1000))
            let faults = FaultSeries(
                lab: lab, probe: probe, target: .responder, phase: period, watch: period * 4 + .milliseconds(1200)
            ) { () throws(LabError) in
                LabClock.pass(period * 2 + .milliseconds(500))
                return nil
            }
            let what = "keepalived \(advertisement) s"
            series.append(try faults.run(what, runs: runs, random: &random))
            let load = try Load(lab)
            defer { load.stop() }
            series.append(try faults.run("\(what), loaded", runs: (runs + 1) / 2, random: &random))
        } catch {
            try lab.remove()
            throw error
        }
        try lab.remove()
    }

    /// Keelson in one profile: power cuts, the margin under every fault, planned switches, loss of another node, and
    /// power cuts on a loaded machine.
    public mutating func keelson(profile: String) throws(LabError) {
        let lab = try Lab()
        do throws(LabError) {
            try keelson(profile, in: KeelsonCluster(lab: lab) { Terminal.complain($0) })
        } catch {
            try lab.remove()
            throw error
        }
        try lab.remove()
    }

    private mutating func keelson(_ profile: String, in cluster: KeelsonCluster) throws(LabError) {
        try cluster.grow(to: 3, profile: profile)
        try cluster.waitForOwnTiming()
        let probe = try cluster.lab.startProbe([.api, .responder], authority: cluster.authority)
        defer { probe.stop() }
        let take = Span.milliseconds(Int64(try cluster.status().profile.takeMilliseconds))
        let faults = FaultSeries(
            lab: cluster.lab, probe: probe, target: .api, phase: .milliseconds(300), watch: take + .seconds(3)
        ) { () throws(LabError) in
            StatusScreen.lastFailover(try cluster.waitUntilWhole(within: .seconds(60)))
        }
        let what = "Keelson \(profile)"
        series.append(try faults.run(what, runs: runs, random: &random))
        for fault in FaultSeries.Fault.allCases where fault != .power {
            series.append(
                try faults.run("\(what), \(fault.rawValue)", fault, runs: max(2, runs / 4), random: &random))
        }
        switches[profile] = try plannedSwitches(cluster, probe)
        bystanders[profile] = try bystanderLoss(cluster, probe)
        let load = try Load(cluster.lab)
        defer { load.stop() }
        series.append(try faults.run("\(what), loaded", runs: (runs + 1) / 2, random: &random))
        try tellProfileChanges(cluster)
    }

    /// A slower profile explains longer outages: when and why it came.
    private func tellProfileChanges(_ cluster: KeelsonCluster) throws(LabError) {
        let events = try cluster.master().api.get(ItemList<ClusterEvent>.self, "/v1/events?limit=1000").items
        for event in events where event.kind == "profileChanged" {
            Terminal.complain("  \(event.at): \(event.message)")
        }
    }

    /// From the old holder's last answer to the new one's first, as the client saw them.
    private func plannedSwitches(_ cluster: KeelsonCluster, _ probe: Probe) throws(LabError) -> [Span] {
        var gaps: [Span] = []
        for _ in 0..<runs {
            let old = try probe.log.waitForSteadyAnswer(.api, within: .seconds(30))
            let begin = LabClock.now()
            try cluster.lab.node(named: old).keelson(["master", "switch", "--wait"])
            _ = try probe.log.waitForSteadyAnswer(.api, within: .seconds(30))
            if let gap = Outage.margin(rows: probe.log.rows(.api, since: begin), fault: begin, old: old) {
                gaps.append(gap)
            }
            try cluster.waitUntilWhole(within: .seconds(60))
            probe.log.forget(before: LabClock.now() - .seconds(1))
        }
        return gaps
    }

    /// Power cut and return of a node that is not master.
    /// - Returns: requests through the VIP that failed.
    private func bystanderLoss(_ cluster: KeelsonCluster, _ probe: Probe) throws(LabError) -> Int {
        var failed = 0
        for round in 0..<2 {
            let master = try probe.log.waitForSteadyAnswer(.api, within: .seconds(30))
            let others = cluster.lab.nodes.filter { $0.name != master }
            let begin = LabClock.now()
            try others[round % others.count].cutPower()
            LabClock.pass(.seconds(3))
            try others[round % others.count].restorePower()
            try cluster.waitUntilWhole(within: .seconds(60))
            failed += probe.log.rows(.api, since: begin).count { $0.answer == nil && $0.start > begin }
        }
        return failed
    }
}
