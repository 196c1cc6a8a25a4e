import APIProtocol
import Lab
import MembershipCore
import Primitives
import Testing

extension ClusterTests {
    @Suite("Ways into a running cluster", .serialized, .enabled(if: Rig.isComplete))
    struct JoinTests {
        private func ask(_ node: LabNode, to member: LabNode) throws(LabError) {
            try node.keelson([
                "setup", "apply", try node.write("[join]\nmaster = \"\(member.address)\"\n", to: "join.toml"),
            ])
        }

        @Test("rack mode takes the next node in without comparing, and ends by itself")
        func rack() throws {
            try Rig.withCluster { cluster in
                let founder = try cluster.addNode()
                try cluster.found(with: founder)
                try founder.keelson(["nodes", "rack", "--nodes", "1", "--minutes", "5"])
                #expect(try founder.api.get(RackMode.self, "/v1/rack-mode").nodes == 1)
                let first = try cluster.addNode()
                try ask(first, to: founder)
                try cluster.waitForSetup(of: first)
                #expect(try founder.api.get(RackMode.self, "/v1/rack-mode") == .closed)
                let second = try cluster.addNode()
                try ask(second, to: founder)
                let pending = try Condition.wait(for: "the second to wait", within: .seconds(15)) {
                    () throws(LabError) in
                    try founder.api.get(ItemList<PendingNode>.self, "/v1/nodes/pending").items.first
                }
                #expect(pending.name == second.name && pending.clockOffsetMilliseconds == nil)
            }
        }

        @Test(
            "a clock 40 s off is said on the node and in the list; set right, the node goes on by itself",
            .enabled(if: LabHardware.clockLibrary != nil))
        func clock() throws {
            try Rig.withCluster { cluster in
                let founder = try cluster.addNode()
                try cluster.found(with: founder)
                let node = try cluster.addNode(LabHardware(hasOwnClock: true))
                try node.setClock(.seconds(40))
                try node.keelson([
                    "setup", "apply",
                    try node.write(
                        "[join]\nmaster = \"\(founder.address)\"\ntoken = \"\(try cluster.createToken())\"\n",
                        to: "join.toml"),
                ])
                let hint = try Condition.wait(for: "the hint about the clock", within: .seconds(15)) {
                    () throws(LabError) in try node.api.get(SetupStatus.self, "/v1/setup").hint
                }
                #expect(hint.code == .clockSkew && hint.parameters["seconds"] == "40", "\(hint)")
                let pending = try founder.api.get(ItemList<PendingNode>.self, "/v1/nodes/pending").items
                let offset = try #require(pending.first?.clockOffsetMilliseconds)
                #expect(abs(offset - 40_000) < 2_000)
                try node.setClock(.zero)
                try cluster.waitForSetup(of: node)
            }
        }
    }
}
