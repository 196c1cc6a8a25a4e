import APIProtocol
import Lab
import MembershipCore
import Primitives
import Testing

extension ClusterTests {
    @Suite("A protected disk", .serialized, .enabled(if: Rig.isComplete))
    struct ReplicationTests {
        @Test("its stream goes on with the survivor when the receiver's power is cut, and nothing is missing")
        func receiverLost() throws {
            try Rig.withCluster { cluster in
                try cluster.grow(to: 3, profile: "auto")
                let machine = try ProtectedMachine(cluster: cluster, name: "orders", mebibytes: 64)
                try machine.protect()
                let disk = try NBDClient(socket: machine.socket, export: ProtectedMachine.export)
                try machine.write(blocks: 0..<64, to: disk)
                let before = try machine.waitUntilSafe(within: .seconds(30))
                #expect(before.stream.isReplicated)
                #expect(try machine.newestPoint() == machine.content())

                let receiver = try cluster.node(before.receiver)
                try receiver.cutPower()
                try machine.write(blocks: 64..<128, to: disk)
                let after = try machine.waitUntilSafe(within: .seconds(30)) { $0.receiver != before.receiver }
                #expect(after.epoch > before.epoch)
                #expect(try machine.newestPoint() == machine.content())

                try receiver.restorePower()
                try machine.write(blocks: 128..<192, to: disk)
                let healed = try machine.waitUntilSafe(within: .seconds(60)) { $0.second != nil }
                #expect(healed.stream.isReplicated)
                #expect(try machine.newestPoint() == machine.content())
            }
        }
    }
}
