import CaptureProtocol
import Foundation
import Identity
import JoinCore
import JournalStore
import NIOSSL
import Primitives
import StreamProtocol

/// The identities of a small cluster.
struct TestCluster {
    let authority: CertificateAuthority
    let now = WallTime(Date())

    init() throws { authority = try CertificateAuthority(clusterName: "demo", at: now) }

    var trust: ClusterTrust { authority.trust }

    func node() throws -> NodeIdentity {
        let key = NodeKey()
        let certificate = try authority.issue(to: ProvenPublicKey(key), name: "n", addresses: [], at: now)
        return try NodeIdentity(key: key, certificate: certificate, trust: trust)
    }

    func source(_ machine: MachineID) throws -> SourceIdentity {
        let key = NodeKey()
        return try SourceIdentity(
            key: key, certificate: try authority.issueSource(machine, to: ProvenPublicKey(key), at: now), trust: trust)
    }
}

extension TestCluster {
    /// Two running nodes with small segments.
    func pair() async throws -> (TestNode, TestNode) {
        let journals = JournalConfiguration(segmentSize: 4 << 20)
        let first = try TestNode(self, port: try TestNode.freePort(), journals: journals)
        let second = try TestNode(self, port: try TestNode.freePort(), journals: journals)
        try await first.start()
        try await second.start()
        return (first, second)
    }

    func assignment(
        _ machine: MachineID, size: Int, _ receiver: StreamAssignment.Place, second: StreamAssignment.Place? = nil,
        epoch: UInt64 = 1
    ) -> StreamAssignment {
        StreamAssignment(
            machine: machine, name: "m", epoch: epoch, receiver: receiver, second: second,
            volumes: [.init(number: VolumeNumber(0), name: "vda", size: UInt64(size), blockSize: 512)],
            level: second == nil ? .durable : .replicated)
    }
}
