import APIProtocol
import Lab
import MembershipCore
import Primitives
import Testing

extension ClusterTests {
    @Suite("The founder's power goes in the middle of the founding", .serialized, .enabled(if: Rig.isComplete))
    struct FoundingCutTests {
        private let answer = """
            [cluster]
            name = "lab"
            vip = ["10.77.0.50/24"]
            gateway = "10.77.0.1"

            """

        @Test("before the membership is written nothing has happened, afterwards the node goes on by itself")
        func founding() throws {
            for moment in FoundingMoment.allCases {
                try Rig.withCluster { cluster in
                    let node = try cluster.addNode()
                    let code = try node.setupCode()
                    let file = try node.write(answer, to: "setup.toml")
                    try node.keelson(["setup", "apply", file])
                    try cluster.cutPower(of: node, at: moment)
                    try cluster.restorePower(of: node)
                    if moment == .identity {
                        let status = try node.api.get(SetupStatus.self, "/v1/setup")
                        #expect(status.stage == .installed && status.phases.isEmpty && status.failure == nil)
                        #expect(try node.setupCode() == code)
                        try node.keelson(["setup", "apply", file])
                    }
                    try cluster.waitForSetup(of: node)
                    let whole = try cluster.waitUntilWhole(within: .seconds(30))
                    #expect(whole.master?.name == node.name && whole.nodes.count == 1, "\(moment)")
                    // What it founded with is in the store, and further nodes are let in by it.
                    try cluster.join(try cluster.addNode())
                }
            }
        }
    }
}
