import Identity
import JoinCore
import Primitives
import Testing

/// A cluster's CA and one of its nodes.
struct Fixture {
    static let now = WallTime(secondsSince1970: 1_795_436_704)
    static let address = IPAddress(bytes: [10, 77, 0, 11])
    static let virtual = IPAddress(bytes: [10, 77, 0, 50])

    let authority: CertificateAuthority
    let key = NodeKey()
    let certificate: NodeCertificate

    init() throws {
        authority = try CertificateAuthority(clusterName: "demo", at: Self.now)
        certificate = try authority.issue(
            to: ProvenPublicKey(key), name: "n1", addresses: [Self.address, Self.virtual, Self.address], at: Self.now)
    }
}

@Suite struct CertificateTests {
    @Test func identityComesFromTheKey() throws {
        let key = NodeKey()
        #expect(key.node == (try NodeKey(pem: key.pem)).node)
        #expect(key.node != NodeKey().node)
        let proven = try ProvenPublicKey(certificateRequest: try key.certificateRequest())
        #expect(proven.node == key.node)
        #expect(proven.der == key.publicKeyDER)
    }

    @Test func issuedCertificateHoldsNamesAndBounds() throws {
        let fixture = try Fixture()
        let certificate = fixture.certificate
        #expect(certificate.node == fixture.key.node)
        #expect(
            try certificate.names() == ["10.77.0.11", "10.77.0.50", "127.0.0.1", "::1", "localhost", "n1"])
        #expect(certificate.validFrom == Fixture.now.adding(hours: -24))
        #expect(certificate.expires == Fixture.now.adding(hours: 90 * 24))
        #expect(try NodeCertificate(pem: certificate.pem) == certificate)
        #expect(try fixture.authority.trust.verify(certificate, at: Fixture.now) == fixture.key.node)
    }

    @Test func clocksMayDifferByADay() throws {
        let fixture = try Fixture()
        let trust = fixture.authority.trust
        try trust.verify(fixture.certificate, at: Fixture.now.adding(hours: -24))
        let tooEarly = Fixture.now.adding(hours: -24).adding(seconds: -1)
        #expect(
            throws: IdentityError.notYetValid(node: fixture.key.node, from: Fixture.now.adding(hours: -24))
        ) { try trust.verify(fixture.certificate, at: tooEarly) }
        let end = Fixture.now.adding(hours: 90 * 24)
        try trust.verify(fixture.certificate, at: end.adding(seconds: -1))
        #expect(throws: IdentityError.expired(node: fixture.key.node, at: end)) {
            try trust.verify(fixture.certificate, at: end)
        }
    }

    @Test func renewalAfterTwoThirds() throws {
        let certificate = try Fixture().certificate
        let turn = Fixture.now.adding(hours: -24).adding(seconds: 91 * 86_400 / 3 * 2)
        #expect(!certificate.needsRenewal(at: turn.adding(seconds: -1)))
        #expect(certificate.needsRenewal(at: turn))
    }

    @Test func anotherClustersCertificateIsRefused() throws {
        let fixture = try Fixture()
        let other = try Fixture()
        let expected = IdentityError.notIssuedBy(ca: other.authority.trust.fingerprint)
        #expect(throws: expected) { try other.authority.trust.verify(fixture.certificate, at: Fixture.now) }
        #expect(throws: expected) {
            try NodeIdentity(key: fixture.key, certificate: fixture.certificate, trust: other.authority.trust)
        }
        #expect(
            throws: IdentityError.keyMismatch(certificate: fixture.key.node, key: other.key.node)
        ) { try NodeIdentity(key: other.key, certificate: fixture.certificate, trust: fixture.authority.trust) }
    }

    @Test func aNodeCertificateIsNoAuthority() throws {
        let fixture = try Fixture()
        #expect(throws: IdentityError.notACertificateAuthority(reason: "it may not issue certificates")) {
            try ClusterTrust(pem: fixture.certificate.pem)
        }
        #expect(throws: IdentityError.notANodeCertificate(reason: "it is a CA")) {
            try fixture.authority.trust.verify(
                try NodeCertificate(pem: fixture.authority.trust.pem), at: Fixture.now)
        }
    }

    @Test func authorityRoundTrips() throws {
        let authority = try Fixture().authority
        let pem = authority.trust.pem
        let again = try CertificateAuthority(certificatePEM: pem, keyPEM: authority.keyPEM)
        #expect(again.trust.fingerprint == authority.trust.fingerprint)
        #expect(again.trust.fingerprint.description.utf8.count == 64)
        let certificate = try again.issue(to: ProvenPublicKey(NodeKey()), name: "n2", addresses: [], at: Fixture.now)
        try authority.trust.verify(certificate, at: Fixture.now)
        #expect(throws: IdentityError.notACertificateAuthority(reason: "its private key is another one")) {
            try CertificateAuthority(certificatePEM: pem, keyPEM: NodeKey().pem)
        }
    }

    @Test func aForgedRequestIsRefused() throws {
        // One changed digit of the signature, which ends the DER.
        var lines = try NodeKey().certificateRequest().split(separator: "\n").map(String.init)
        let body = lines[1..<(lines.count - 1)].joined()
        let at = body.index(body.endIndex, offsetBy: -12)
        let changed = body[..<at] + (body[at] == "A" ? "B" : "A") + body[body.index(after: at)...]
        lines.replaceSubrange(1..<(lines.count - 1), with: [String(changed)])
        let forged = lines.joined(separator: "\n")
        #expect(throws: IdentityError.self) { try ProvenPublicKey(certificateRequest: forged) }
        #expect(throws: IdentityError.self) { try ProvenPublicKey(certificateRequest: "hello") }
    }
}
