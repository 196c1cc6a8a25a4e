import ConfigurationCore
import FoundationEssentials
import Linux
import MembershipCore
import Primitives
import SupervisorProtocol
import Testing

@testable import SupervisorCore
@testable import SupervisorService

/// A founder whose power goes while etcd starts for the first time; with a real etcd.
@Suite(.serialized, .enabled(if: MemberNode.isPossible, "needs root and etcd"))
struct FoundingTests {
    /// etcd 3.5 would wait for ever: it finds a log, so it believes that it is in a cluster, and nobody is in it.
    @Test func aStoreThatWasNeverUsedIsMadeAnew() throws {
        try MemberNode.inOwnNetwork {
            let member = try MemberNode()
            try member.runOnce {}
            try member.cutLog()
            try member.writeFounding()
            try member.runOnce {}
        }
    }

    /// A master has been elected: what is in the store counts.
    @Test func aStoreThatWasUsedStays() throws {
        try MemberNode.inOwnNetwork {
            let member = try MemberNode()
            try member.runOnce { try member.client(["put", "key", "value"]) }
            try member.writeFounding()
            try member.files.write(EpochRecord.initial)
            try member.runOnce {
                let value = try member.client(["get", "key", "--print-value-only"])
                #expect(value == "value\n")
            }
        }
    }

    /// The founding is over.
    @Test func aStoreWithoutAFoundingStays() throws {
        try MemberNode.inOwnNetwork {
            let member = try MemberNode()
            try member.runOnce { try member.client(["put", "key", "value"]) }
            try member.runOnce {
                let value = try member.client(["get", "key", "--print-value-only"])
                #expect(value == "value\n")
            }
        }
    }
}

extension MemberNode {
    /// From the start of the supervisor, with a body once etcd answers, to its end.
    fileprivate func runOnce(_ body: () throws -> Void) throws {
        try node.begin()
        defer { node.join() }
        defer { #expect(throws: Never.self) { try node.ask(.stop) } }
        try waitForQuorum()
        try body()
    }

    fileprivate func writeFounding() throws {
        try DurableFile.replace(node.configuration.data + "/founding.json", with: Array("{}".utf8), mode: 0o600)
    }

    /// Leaves what etcd writes when it makes its log (wal.Create: checksum, metadata, an empty snapshot), and nothing of
    /// what it writes next, which says who is in the cluster.
    fileprivate func cutLog() throws {
        let folder = node.configuration.etcdDirectory + "/member"
        try FileManager.default.removeItem(atPath: folder + "/snap/db")
        let path = folder + "/wal/0000000000000000-0000000000000000.wal"
        var bytes = try #require(try DurableFile.read(path, limit: 128 << 20))
        var end = 0
        for _ in 0..<3 {
            // A length in 56 bits, and in the upper byte how much padding follows.
            let field = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[end + $1]) << UInt64($1 * 8) }
            end += 8 + Int(field & 0xFF_FFFF_FFFF_FFFF) + Int(field >> 56 & 7)
        }
        for index in end..<bytes.count { bytes[index] = 0 }
        try DurableFile.replace(path, with: bytes, mode: 0o600)
    }
}
