import Lab
import Primitives
import Testing

extension ClusterTests {
    @Suite("etcd's own timings follow the profile", .serialized, .enabled(if: Rig.isComplete))
    struct RaftRolloutTests {
        @Test("its members are restarted one by one, the master's last and after one hand-over")
        func rollOut() throws {
            try Rig.withCluster { cluster in
                try cluster.grow(to: 3, profile: "calm")
                try cluster.waitUntilWhole(within: .seconds(30))
                let probe = try cluster.lab.startProbe([.responder])
                defer { probe.stop() }
                let old = try probe.log.waitForSteadyAnswer(.responder, within: .seconds(10))
                let begin = LabClock.now()
                let master = try cluster.lab.node(named: old)
                try master.keelson(["profile", "set", "slow"])

                try Condition.hold("slow's timings in every etcd", within: .seconds(60)) {
                    cluster.lab.nodes.allSatisfy { heartbeat(of: $0) == ["--heartbeat-interval=150"] }
                }
                try cluster.waitUntilWhole(within: .seconds(60))
                let new = try probe.log.waitForSteadyAnswer(.responder, within: .seconds(10))
                let rows = probe.log.rows(.responder, since: begin)
                #expect(Outage.holders(rows) == [old, new])
                let gap = try #require(Outage.margin(rows: rows, fault: begin, old: old))
                print("gap at the hand-over: \(gap)")
                // A planned switch takes 50 ms at most on a quiet machine; a lost master would cost 4.5 s.
                #expect(gap < .milliseconds(500))
            }
        }

        private func heartbeat(of node: LabNode) -> [String] {
            node.processes(of: "etcd").flatMap(ProcessFacts.arguments).filter { $0.hasPrefix("--heartbeat-interval") }
        }
    }
}
