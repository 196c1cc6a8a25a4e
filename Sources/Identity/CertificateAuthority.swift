import Crypto
import Foundation
import JoinCore
import Primitives
import StreamProtocol
import SwiftASN1
import X509

/// The cluster's own CA with its private key: signs node certificates. Made by the founder.
public struct CertificateAuthority: Sendable {
    public let trust: ClusterTrust
    private let key: P256.Signing.PrivateKey

    /// 20 years, leap days left out.
    public static let life = Span.seconds(20 * 365 * 86_400)

    /// A new CA for a cluster.
    /// - Parameter clusterName: for people who look at the certificate.
    public init(clusterName: String, at now: WallTime) throws(IdentityError) {
        let key = P256.Signing.PrivateKey()
        self.key = key
        let certificate = try IdentityError.reading("the new CA certificate") {
            // The number keeps two clusters of one name apart wherever certificates are found by their issuer's name.
            let name = try DistinguishedName {
                OrganizationName("Keelson")
                CommonName("\(clusterName) CA \(NodeID(key.publicKey))")
            }
            let publicKey = Certificate.PublicKey(key.publicKey)
            return try Certificate(
                version: .v3, serialNumber: .init(), publicKey: publicKey,
                notValidBefore: now.adding(seconds: -NodeCertificate.startsEarlier.wholeSeconds).date,
                notValidAfter: now.adding(seconds: Self.life.wholeSeconds).date,
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                }, issuerPrivateKey: Certificate.PrivateKey(key))
        }
        trust = try ClusterTrust(certificate)
    }

    /// - Throws: `IdentityError` when one of the two cannot be read or they do not belong together.
    public init(certificatePEM: String, keyPEM: String) throws(IdentityError) {
        trust = try ClusterTrust(pem: certificatePEM)
        key = try IdentityError.reading("the CA's private key") {
            try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        }
        guard P256.Signing.PublicKey(trust.certificate.publicKey)?.derRepresentation == key.publicKey.derRepresentation
        else { throw .notACertificateAuthority(reason: "its private key is another one") }
    }

    /// PKCS #8. The cluster's greatest secret.
    public var keyPEM: String { key.pemRepresentation }

    /// Issues a node's certificate: 90 days, beginning 24 hours earlier.
    ///
    /// - Parameters:
    ///   - name: the node's name; must fit a DNS name.
    ///   - addresses: the node's own; the loopback addresses are added.
    public func issue(
        to owner: ProvenPublicKey, name: String, addresses: [IPAddress], at now: WallTime
    ) throws(IdentityError) -> NodeCertificate {
        let certificate = try sign(
            Certificate.PublicKey(owner.key), subject: owner.node.text, names: ["localhost", name],
            addresses: (Self.loopback + addresses).uniqued(), usages: [.serverAuth, .clientAuth],
            life: NodeCertificate.life, at: now)
        return try NodeCertificate(certificate)
    }

    /// Makes a key and a certificate for what browsers see at the virtual addresses, the same on every node.
    ///
    /// - Parameters:
    ///   - names: DNS names.
    ///   - addresses: the virtual ones.
    public func issueWeb(
        names: [String], addresses: [IPAddress], at now: WallTime
    ) throws(IdentityError) -> WebIdentity {
        let key = P256.Signing.PrivateKey()
        let certificate = try sign(
            Certificate.PublicKey(key.publicKey), subject: names.first ?? "Keelson", names: names,
            addresses: addresses.uniqued(), usages: [.serverAuth], life: WebIdentity.life, at: now)
        return WebIdentity(certificates: certificate.pem, key: key.pemRepresentation, isOwn: true)
    }

    /// Issues the certificate with which the source of one protected machine shows itself to the capture daemons; it is
    /// good for nothing else.
    public func issueSource(
        _ machine: MachineID, to owner: ProvenPublicKey, at now: WallTime
    ) throws(IdentityError) -> SourceCertificate {
        let certificate = try sign(
            Certificate.PublicKey(owner.key), subject: "\(machine)", names: [], addresses: [],
            usages: [SourceCertificate.usage], life: SourceCertificate.life, at: now)
        return try SourceCertificate(certificate)
    }

    private func sign(
        _ publicKey: Certificate.PublicKey, subject: String, names: [String], addresses: [IPAddress],
        usages: [ExtendedKeyUsage.Usage], life: Span, at now: WallTime
    ) throws(IdentityError) -> Certificate {
        let alternatives =
            names.map { GeneralName.dnsName($0) }
            + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
        return try IdentityError.reading("the new certificate") {
            try Certificate(
                version: .v3, serialNumber: .init(), publicKey: publicKey,
                notValidBefore: now.adding(seconds: -NodeCertificate.startsEarlier.wholeSeconds).date,
                notValidAfter: now.adding(seconds: life.wholeSeconds).date,
                issuer: trust.certificate.subject,
                subject: try DistinguishedName {
                    OrganizationName("Keelson")
                    CommonName(subject)
                }, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage(usages)
                    if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: trust.certificate.publicKey).keyIdentifier)
                }, issuerPrivateKey: Certificate.PrivateKey(key))
        }
    }

    private static let loopback = [
        IPAddress(bytes: [127, 0, 0, 1]), IPAddress(bytes: [UInt8](repeating: 0, count: 15) + [1]),
    ]
}

extension Span {
    var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }
}

extension [IPAddress] {
    /// Each once, in the order of their first appearance.
    fileprivate func uniqued() -> [IPAddress] {
        var seen: Set<IPAddress> = []
        return filter { seen.insert($0).inserted }
    }
}
