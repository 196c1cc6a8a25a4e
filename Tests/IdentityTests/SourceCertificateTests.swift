import Foundation
import JoinCore
import NIOSSL
import Primitives
import StreamProtocol
import Testing

@testable import Identity

/// A source's certificate is good for one machine's stream and for nothing else.
@Suite struct SourceCertificateTests {
    static let machine = MachineID(high: 0x0123_4567_89AB_CDEF, low: 42)

    private let now = WallTime(Date())
    private let authority: CertificateAuthority
    private let key = NodeKey()
    private let source: SourceCertificate

    init() throws {
        authority = try CertificateAuthority(clusterName: "demo", at: now)
        source = try authority.issueSource(Self.machine, to: ProvenPublicKey(key), at: now)
    }

    private func nodeIdentity() throws -> NodeIdentity {
        let key = NodeKey()
        let certificate = try authority.issue(to: ProvenPublicKey(key), name: "n", addresses: [], at: now)
        return try NodeIdentity(key: key, certificate: certificate, trust: authority.trust)
    }

    @Test func saysWhichMachine() throws {
        let read = try SourceCertificate(pem: source.pem)
        #expect(read.machine == Self.machine)
        #expect(try authority.trust.verify(read, at: now) == Self.machine)
        #expect(try authority.trust.streamPeer(der: source.certificate.der, at: now) == .source(Self.machine))
    }

    @Test func isNoNodeAndANodeIsNoSource() throws {
        let node = try nodeIdentity()
        #expect(try authority.trust.streamPeer(der: node.certificate.certificate.der, at: now) == .node(node.node))
        #expect(throws: IdentityError.notANodeCertificate(reason: "it is not for both ends of TLS")) {
            try authority.trust.verify(NodeCertificate(source.certificate), at: now)
        }
        #expect(throws: IdentityError.self) { try SourceCertificate(node.certificate.certificate) }
    }

    @Test func isOfThisClusterAndInItsTime() throws {
        let other = try CertificateAuthority(clusterName: "demo", at: now)
        #expect(throws: IdentityError.self) { try other.trust.streamPeer(der: source.certificate.der, at: now) }
        #expect(throws: IdentityError.self) {
            try authority.trust.streamPeer(der: source.certificate.der, at: source.expires)
        }
        #expect(throws: IdentityError.self) {
            try authority.trust.streamPeer(der: source.certificate.der, at: source.validFrom.adding(seconds: -1))
        }
    }

    /// etcd and the API between nodes accept whom TLS takes for a client of this CA: never a source.
    @Test func otherServersOfTheClusterRefuseItInTheHandshake() async throws {
        let server = try nodeIdentity()
        let client = try SourceIdentity(key: key, certificate: source, trust: authority.trust)
        let refused = await #expect(throws: (any Error).self) {
            try await HandshakeTests.handshake(server: try server.mutualServerTLS(), client: try client.clientTLS())
        }
        #expect("\(refused.map { "\($0)" } ?? "")".contains("CERTIFICATE_VERIFY_FAILED"))
    }
}
