import APIProtocol
import CaptureProtocol
import Identity
import JoinCore
import Primitives
import StreamProtocol
import Testing

@testable import ClusterService

/// How sources prove who they are.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EnrolmentTests {
    private static func machine(_ cluster: TestCluster) async throws -> ProtectAnswer {
        cluster.hear()
        // The CA as the founder puts it there.
        let authority = try CertificateAuthority(clusterName: "demo", at: .now)
        let epoch = try cluster.first.requireMastership()
        try await cluster.first.store.change(
            [
                .put(
                    StoredAuthority(certificate: authority.trust.pem, key: authority.keyPEM),
                    at: ClusterKeys.authority)
            ], by: epoch)
        return try await cluster.first.protect(
            ProtectRequest(name: "web1", volumes: [MachineVolume(name: "root", sizeBytes: 512)]))
    }

    @Test func aSourceEnrolsWithItsTokenAndItsKeyAndNobodyElseDoes() async throws {
        try await TestCluster.run { cluster in
            let (master, answer) = (cluster.first, try await Self.machine(cluster))
            let (id, token) = (answer.machine.id, answer.enrolment.token)
            let (key, other) = (NodeKey(), NodeKey())
            let wrong = "ke1.00000000." + String(repeating: "0", count: 32)
            for (offered, machine) in [
                (wrong, id), ("nonsense", id), (token, MachineID(high: 0, low: 0)),
            ] {
                let request = EnrolmentRequest(token: offered, csr: try key.certificateRequest())
                #expect(await refusal { _ = try await master.enrol(machine, request) }?.code == .enrolmentRefused)
            }
            let first = try await master.enrol(id, EnrolmentRequest(token: token, csr: try key.certificateRequest()))
            #expect(try SourceCertificate(pem: first.certificate).machine == id)
            #expect(first.assignment.machine == id)
            let stolen = EnrolmentRequest(token: token, csr: try other.certificateRequest())
            #expect(await refusal { _ = try await master.enrol(id, stolen) }?.code == .enrolmentRefused)
            // The answer may have been lost: the same key asks again, and the token before is of no use any more.
            let again = try await master.enrol(id, EnrolmentRequest(token: token, csr: try key.certificateRequest()))
            let old = try #require(MachineToken(first.machineToken))
            let new = try #require(MachineToken(again.machineToken))
            #expect(try await master.authenticate(new) == id)
            #expect(try await master.authenticate(old) == nil)
            #expect(try await cluster.second.member.authenticate(new) == id, "every node knows it")
            #expect(!cluster.store.contents.values.contains { $0.contains(new.secret) })
            #expect(try await master.machine(id).isEnrolled)
        }
    }

    @Test func aCertificateIsRenewedForTheSameKeyOnly() async throws {
        try await TestCluster.run { cluster in
            let (master, answer) = (cluster.first, try await Self.machine(cluster))
            let (id, key) = (answer.machine.id, NodeKey())
            _ = try await master.enrol(
                id, EnrolmentRequest(token: answer.enrolment.token, csr: try key.certificateRequest()))
            let renewed = try await cluster.second.member.renewSourceCertificate(
                of: id, CertificateRequest(csr: try key.certificateRequest()))
            #expect(try SourceCertificate(pem: renewed.certificate).machine == id)
            let other = CertificateRequest(csr: try NodeKey().certificateRequest())
            #expect(
                await refusal { _ = try await master.renewSourceCertificate(of: id, other) }?.code == .enrolmentRefused)
            // A new token lets a new key in.
            let token = try await master.renewEnrolment(of: id).token
            let next = EnrolmentRequest(token: token, csr: try NodeKey().certificateRequest())
            #expect(await refusal { _ = try await master.enrol(id, next) }?.code == nil)
            #expect(try await master.assignment(of: id).machine == id)
        }
    }
}
