import APIProtocol
import Glibc
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

        /// Whatever else the master was for the stream.
        @Test(
            "its stream goes on when the master's power is cut under it, and nothing is missing",
            .enabled(if: access("/usr/bin/fio", X_OK) == 0, "fio is not there"))
        func masterLost() throws {
            try Rig.withCluster { cluster in
                try cluster.grow(to: 3, profile: "auto")
                let machine = try ProtectedMachine(cluster: cluster, name: "orders", mebibytes: 64)
                try machine.protect()
                let disk = try NBDClient(socket: machine.socket, export: ProtectedMachine.export)
                try machine.write(blocks: 0..<64, to: disk)
                let before = try machine.waitUntilSafe(within: .seconds(30))
                let content = try machine.content()
                #expect(try machine.newestPoint() == content)

                let (master, id) = (try cluster.master(), try cluster.status().master?.node)
                // A write that takes longer than 3 s ends it with an error.
                let load = try ChildProcess.start(
                    [
                        "fio", "--name=load", "--ioengine=nbd",
                        "--uri=nbd+unix:///\(ProtectedMachine.export)?socket=\(machine.socket)", "--rw=randwrite",
                        "--bs=4k", "--iodepth=4", "--size=64m", "--time_based", "--runtime=6", "--fsync=16",
                        "--refill_buffers", "--max_latency=3s",
                    ], output: .discard)
                defer { if load.endedStatus() == nil { load.killAndCollect() } }
                try Condition.hold("the load", within: .seconds(20)) { () throws(LabError) in
                    try machine.content() != content
                }
                try master.cutPower()
                #expect(load.collect() == 0, "production saw an error, or was held up")
                let after = try machine.waitUntilSafe(within: .seconds(60)) { $0.receiver != id && $0.second != id }
                #expect(after.epoch >= before.epoch)
                #expect(try cluster.master().name != master.name)
                #expect(try machine.newestPoint() == machine.content())

                try master.restorePower()
                try machine.write(blocks: 64..<128, to: disk)
                try machine.waitUntilSafe(within: .seconds(60))
                #expect(try machine.newestPoint() == machine.content())
            }
        }
    }
}
