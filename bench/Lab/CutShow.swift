import APIProtocol
import Primitives

/// Cuts the master's power once and shows what a client of the VIP saw: `make run CUT=1`.
public struct CutShow {
    let cluster: KeelsonCluster
    let live: LiveStatus

    public init(cluster: KeelsonCluster, live: LiveStatus) {
        self.cluster = cluster
        self.live = live
    }

    /// - Returns: sentences about what happened.
    /// - Throws: `LabError` when the VIP does not come back or the cluster does not become whole again.
    public func run() throws(LabError) -> [String] {
        let lab = cluster.lab
        try cluster.waitForOwnTiming()
        let probe = try lab.startProbe([.api], authority: cluster.authority)
        defer { probe.stop() }
        let old = try probe.log.waitForSteadyAnswer(.api, requests: 100, within: .seconds(20))
        let fault = try lab.node(named: old).cutPower()
        Terminal.say("The power of \(old), the master, is cut.")
        let begin = fault - .milliseconds(500)
        _ = probe.log.wait(.api, since: begin, until: fault + .seconds(30)) { rows in
            Outage(rows: rows, fault: fault, old: old)
        }
        // A request that fails is known when its timeout has passed.
        watch(for: .seconds(3))
        guard let outage = Outage(rows: probe.log.rows(.api, since: begin), fault: fault, old: old) else {
            throw LabError("Nobody answered for the VIP within 30 s after the cut.")
        }
        var notes = ["outage that a client of the VIP saw: \(outage.duration) (\(old) → \(outage.newHolder))"]
        Terminal.say(notes[0])
        try lab.node(named: old).restorePower()
        Terminal.say("The power of \(old) is back.")
        let status = try cluster.waitUntilWhole(within: .seconds(60))
        let changes = Outage.changes(rows: probe.log.rows(.api, since: begin), after: outage.firstAnswer)
        notes.append("changes of answer afterwards: \(changes)")
        Terminal.say(notes[1])
        if let failover = StatusScreen.lastFailover(status) {
            notes.append("as the cluster saw it: \(failover)")
            Terminal.say(notes[2])
        }
        guard changes == 0 else { throw LabError("After the takeover the answer changed \(changes) times.") }
        notes.append("the cluster is whole again: \(StatusScreen.line(status))")
        Terminal.say(notes.last ?? "")
        return notes
    }

    private func watch(for span: Span) {
        let end = LabClock.now() + span
        while LabClock.now() < end {
            live.show()
            LabClock.pass(.milliseconds(200))
        }
    }
}
