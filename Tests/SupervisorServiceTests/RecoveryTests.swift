import ConfigurationCore
import Glibc
import Linux
import MembershipCore
import Primitives
import SupervisorProtocol
import Testing

@testable import SupervisorCore
@testable import SupervisorService

/// With a real etcd; needs root for a network of its own.
@Suite(.serialized, .enabled(if: MemberNode.isPossible, "needs root and etcd"))
struct RecoveryTests {
    @Test func startsEtcdAndChangesItsTimings() throws {
        try MemberNode.inOwnNetwork {
            let member = try MemberNode()
            try member.node.begin()
            try member.waitForQuorum()
            let before = try #require(try member.node.report("etcd").pid)
            try member.node.ask(.raft(heartbeatMilliseconds: 10, electionMilliseconds: 100))
            let after = try member.node.report("etcd")
            #expect(after.pid != before)
            #expect(after.state == .running)
            #expect(
                try member.files.membership()?.raft
                    == .init(heartbeatMilliseconds: 10, electionMilliseconds: 100))
            let command = try DurableFile.read("/proc/\(try #require(after.pid))/cmdline") ?? []
            #expect(String(decoding: command, as: UTF8.self).contains("--heartbeat-interval=10\0"))
            try member.node.ask(.stop)
            member.node.join()
            #expect(member.node.result.failure == nil)
        }
    }

    @Test func lostMajorityIsRecoveredFromOwnData() throws {
        try MemberNode.inOwnNetwork {
            let member = try MemberNode()
            try member.node.begin()
            try member.waitForQuorum()
            try member.client(["put", "key", "value"])
            // A second member that never comes: the majority is lost.
            try member.client(["member", "add", "lost", "--peer-urls=https://10.77.0.12:2380"])
            #expect(throws: SupervisorError.self) { try member.client(["put", "key", "other"]) }
            #expect(try member.node.report("etcd").state == .running)

            let recovery = Recovery(member.node.configuration, snapshot: nil) { _ in }
            #expect(try recovery.offer().clusterName == "demo")
            try recovery.run()
            try member.waitForQuorum()
            #expect(try member.client(["get", "key", "--print-value-only"]) == "value\n")
            try member.client(["put", "key", "other"])
            #expect(try member.client(["member", "list"]).split(separator: "\n").count == 1)
            let membership = try #require(try member.files.membership())
            #expect(membership.generation == 2)
            #expect(membership.clusterToken == "demo~2")
            #expect(membership.voters.map(\.node) == [member.id])
            #expect(try member.files.epochRecord().generation == 2)
            #expect(access(member.files.recoveryPath, F_OK) != 0)
            try member.node.ask(.stop)
            member.node.join()
        }
    }

    @Test func aSnapshotIsRestoredAlsoAfterACrash() throws {
        try MemberNode.inOwnNetwork {
            let member = try MemberNode()
            try member.node.begin()
            try member.waitForQuorum()
            try member.client(["put", "key", "saved"])
            let snapshot = member.node.folder + "/snapshot"
            try member.client(["snapshot", "save", snapshot])
            try member.client(["put", "key", "later"])

            // A recovery that was cut in the middle: the journal is there, a half-made copy too, the data is gone.
            let journal = Recovery.Journal(
                generation: 7, clusterToken: "demo~7", snapshot: snapshot, done: [.saveOldData])
            try member.files.encode(journal, to: member.files.recoveryPath)
            let data = member.node.configuration.etcdDirectory
            try DurableFile.makeFolder("\(data).restored")
            #expect(throws: SupervisorError.self) {
                _ = try Recovery(member.node.configuration, snapshot: nil) { _ in }.offer()
            }
            let recovery = Recovery(member.node.configuration, snapshot: snapshot) { _ in }
            _ = try recovery.offer()
            try recovery.run()
            try member.waitForQuorum()
            #expect(try member.client(["get", "key", "--print-value-only"]) == "saved\n")
            #expect(try member.files.membership()?.generation == 7)
            #expect(try member.files.epochRecord().highest == Epoch(generation: 7, revision: 0))
            try member.node.ask(.stop)
            member.node.join()
        }
    }

    @Test func refusesWhatCannotBeRecovered() throws {
        let node = try TestNode()
        #expect(throws: SupervisorError("this node is no member of a cluster: there is nothing to recover")) {
            _ = try Recovery(node.configuration, snapshot: nil) { _ in }.offer()
        }
        let member = try MemberNode()
        let data = member.node.configuration.etcdDirectory
        #expect(
            throws: SupervisorError(
                "this node's own data is not whole (\(data)/member/snap/db is missing): give --snapshot FILE")
        ) { _ = try Recovery(member.node.configuration, snapshot: nil) { _ in }.offer() }
        try DurableFile.replace(member.node.folder + "/bad", with: Array("x".utf8), mode: 0o600)
        #expect(throws: SupervisorError.self) {
            _ = try Recovery(member.node.configuration, snapshot: member.node.folder + "/bad") { _ in }.offer()
        }
    }
}
