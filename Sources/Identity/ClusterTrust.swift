import Crypto
import JoinCore
import Primitives
import SwiftASN1
import X509

/// The public half of the cluster's CA: enough to check other nodes' certificates. Chains have exactly two members, the
/// CA and the node, so the check is short and whole.
public struct ClusterTrust: Sendable, Equatable {
    public let certificate: Certificate

    /// - Throws: `IdentityError.notACertificateAuthority` when it may not issue or is not signed by itself.
    public init(_ certificate: Certificate) throws(IdentityError) {
        let constraints = try IdentityError.reading("the CA certificate") {
            try certificate.extensions.basicConstraints
        }
        guard case .isCertificateAuthority = constraints else {
            throw .notACertificateAuthority(reason: "it may not issue certificates")
        }
        guard P256.Signing.PublicKey(certificate.publicKey) != nil else {
            throw .wrongKeyType(what: "the CA certificate")
        }
        guard certificate.issuer == certificate.subject,
            certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        else { throw .notACertificateAuthority(reason: "it is not signed by itself") }
        self.certificate = certificate
    }

    public init(pem: String) throws(IdentityError) {
        try self.init(try IdentityError.reading("the CA certificate") { try Certificate(pemEncoded: pem) })
    }

    public var pem: String { certificate.pem }
    public var fingerprint: CAFingerprint { CAFingerprint(certificateDER: certificate.der) }

    /// Checks that the CA issued this certificate to a node and that it is valid now.
    ///
    /// - Returns: whose it is.
    /// - Throws: `IdentityError`, which says what does not hold.
    @discardableResult
    public func verify(_ offered: NodeCertificate, at now: WallTime) throws(IdentityError) -> NodeID {
        let leaf = offered.certificate
        guard leaf.issuer == certificate.subject,
            certificate.publicKey.isValidSignature(leaf.signature, for: leaf)
        else { throw .notIssuedBy(ca: fingerprint) }
        let (constraints, usages) = try IdentityError.reading("the node certificate's extensions") {
            (try leaf.extensions.basicConstraints, try leaf.extensions.extendedKeyUsage)
        }
        if case .isCertificateAuthority = constraints { throw .notANodeCertificate(reason: "it is a CA") }
        guard let usages, usages.contains(.serverAuth), usages.contains(.clientAuth) else {
            throw .notANodeCertificate(reason: "it is not for both ends of TLS")
        }
        guard now >= offered.validFrom else { throw .notYetValid(node: offered.node, from: offered.validFrom) }
        guard now < offered.expires else { throw .expired(node: offered.node, at: offered.expires) }
        return offered.node
    }
}
