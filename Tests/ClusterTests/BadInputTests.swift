import APIProtocol
import Lab
import Testing

extension ClusterTests {
    @Suite("Setup refuses what cannot work", .serialized, .enabled(if: Rig.isComplete))
    struct BadInputTests {
        private func answer(vip: String = "10.77.0.50/24", gateway: String = "10.77.0.1") -> String {
            """
            [cluster]
            name = "lab"
            vip = ["\(vip)"]
            gateway = "\(gateway)"

            """
        }

        /// Applies an answer file to a fresh node and wants a refusal that names the field and leaves it installed.
        private func expectRefusal(_ text: String, naming field: String, on node: LabNode) throws {
            let file = try node.write(text, to: "bad.toml")
            let result = try node.attemptKeelson(["setup", "apply", file, "--wait"])
            #expect(result.code != 0, "\(text)")
            #expect(result.text.contains(field), "\(result.text)")
            #expect(try node.api.get(Health.self, "/v1/health").stage == .installed)
        }

        @Test("addresses that are wrong, outside, in use or silent, and an unknown key")
        func setup() throws {
            try Rig.withCluster { cluster in
                let node = try cluster.addNode()
                let neighbour = try cluster.addNode()
                try expectRefusal(answer(vip: "\(node.address)/24"), naming: "cluster.vip", on: node)
                try expectRefusal(answer(vip: "10.78.0.50/24"), naming: "cluster.vip", on: node)
                try expectRefusal(answer(vip: "\(neighbour.address)/24"), naming: "cluster.vip", on: node)
                try expectRefusal(answer(gateway: "10.77.0.2"), naming: "cluster.gateway", on: node)
                try expectRefusal(answer() + "vpi = 1\n", naming: "cluster.vpi", on: node)
                try cluster.found(with: node)
            }
        }

        @Test("a full disk is named, and setup succeeds once there is room")
        func fullDisk() throws {
            try Rig.withCluster { cluster in
                let node = try cluster.addNode(LabHardware(diskMiB: 512))
                try node.fillDisk()
                let file = try node.write(answer(), to: "full.toml")
                let result = try node.attemptKeelson(["setup", "apply", file, "--wait"])
                #expect(result.code != 0)
                #expect(result.text.contains("MiB of space left"), "\(result.text)")
                try node.freeDisk()
                try cluster.found(with: node)
            }
        }
    }
}
