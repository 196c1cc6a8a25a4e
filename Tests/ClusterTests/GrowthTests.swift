import APIProtocol
import Lab
import MembershipCore
import Primitives
import Testing

extension ClusterTests {
    @Suite("Growth of a cluster", .serialized, .enabled(if: Rig.isComplete))
    struct GrowthTests {
        @Test("from one node to three by approval, each within 15 s")
        func approval() throws {
            try Rig.withCluster { cluster in
                let founder = try cluster.addNode()
                try cluster.found(with: founder)
                for _ in 2...3 {
                    let node = try cluster.addNode()
                    let joined = try cluster.joinByApproval(node)
                    print("\(node.name) joined in \(joined)")
                    #expect(joined <= .seconds(15), "\(node.name)")
                }
                let status = try cluster.status()
                #expect(status.nodes.map(\.name) == ["n1", "n2", "n3"])
                #expect(status.etcd.members == 3)
            }
        }

        @Test("two nodes and a witness survive the loss of the master")
        func witness() throws {
            try Rig.withCluster { cluster in
                let founder = try cluster.addNode()
                try cluster.found(with: founder)
                try cluster.join(try cluster.addNode())
                let witness = try cluster.addNode()
                try cluster.join(witness, role: .witness)
                let runner = try ScenarioRun(cluster)
                defer { runner.stop() }
                let scenario = try #require(Scenario.all.first { $0.name == "power of the master" })
                #expect(try runner.run(scenario).problems == [])
                #expect(try cluster.master().name != witness.name)
            }
        }

        @Test("a node of another failure domain gets a vote in place of one of three in one rack")
        func failureDomains() throws {
            try Rig.withCluster { cluster in
                try cluster.found(with: try cluster.addNode(domain: "rack-1"))
                for _ in 2...3 { try cluster.join(try cluster.addNode(domain: "rack-1")) }
                let other = try cluster.addNode(domain: "rack-2")
                try cluster.join(other, role: .voter)
                // One more voter for a while, then one of the crowded rack is a spare.
                try Condition.hold("a spare in rack-1 alone", within: .seconds(60)) { () throws(LabError) in
                    let nodes = try cluster.waitUntilWhole(within: .seconds(30)).nodes
                    return nodes.filter { $0.role == .spare }.map(\.domain) == ["rack-1"]
                        && nodes.count { $0.role == .voter } == 3
                }
                #expect(try cluster.status().master?.name == "n1")
            }
        }

        @Test("a wrong code and a token of nobody are refused, and change nothing")
        func refusals() throws {
            try Rig.withCluster { cluster in
                let founder = try cluster.addNode()
                try cluster.found(with: founder)
                let node = try cluster.addNode()
                try cluster.apply(node, token: nil, role: .voter)
                let pending = try Condition.wait(for: "a waiting node", within: .seconds(15)) {
                    () throws(LabError) in
                    try founder.api.get(ItemList<PendingNode>.self, "/v1/nodes/pending").items.first
                }
                let wrong = pending.code == "000000" ? "000001" : "000000"
                let answer = try founder.attemptKeelson(["nodes", "approve", pending.id.text, "--code", wrong])
                #expect(answer.code != 0)
                #expect(try cluster.status().nodes.count == 1)
                try founder.keelson(["nodes", "reject", pending.id.text])
                #expect(try node.api.get(Health.self, "/v1/health").stage != .member)
                #expect(try cluster.status().nodes.count == 1)
            }
        }
    }
}
