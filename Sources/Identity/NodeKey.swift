import Crypto
import Foundation
import Primitives
import SwiftASN1
import X509

/// The key pair that is a node's identity: ECDSA on P-256, made once, never leaving the node.
public struct NodeKey: Sendable {
    let key: P256.Signing.PrivateKey

    public init() { key = P256.Signing.PrivateKey() }

    /// - Throws: `IdentityError.unreadable` when this is no P-256 private key.
    public init(pem: String) throws(IdentityError) {
        key = try IdentityError.reading("the node's private key") {
            try P256.Signing.PrivateKey(pemRepresentation: pem)
        }
    }

    /// PKCS #8. A secret.
    public var pem: String { key.pemRepresentation }

    /// SubjectPublicKeyInfo in DER.
    public var publicKeyDER: [UInt8] { Array(key.publicKey.derRepresentation) }

    public var node: NodeID { NodeID(key.publicKey) }

    /// A certificate signing request in PEM: proves that the sender has the private key. Its names are not used; the
    /// issuer decides them.
    public func certificateRequest() throws(IdentityError) -> String {
        try IdentityError.reading("the certificate request") {
            let request = try CertificateSigningRequest(
                version: .v1, subject: try DistinguishedName { CommonName(node.text) },
                privateKey: Certificate.PrivateKey(key), attributes: .init(), signatureAlgorithm: .ecdsaWithSHA256)
            return try request.serializeAsPEM().pemString
        }
    }
}

/// A public key that its owner has proven to have the private half of.
public struct ProvenPublicKey: Sendable {
    let key: P256.Signing.PublicKey

    /// - Throws: `IdentityError` when this is no request, its key is of another type, or its signature does not fit.
    public init(certificateRequest pem: String) throws(IdentityError) {
        let request = try IdentityError.reading("the certificate request") {
            try CertificateSigningRequest(pemEncoded: pem)
        }
        guard let key = P256.Signing.PublicKey(request.publicKey) else {
            throw .wrongKeyType(what: "the certificate request")
        }
        guard request.publicKey.isValidSignature(request.signature, for: request) else { throw .forgedRequest }
        self.key = key
    }

    /// This process has the private key itself.
    public init(_ key: NodeKey) { self.key = key.key.publicKey }

    public var node: NodeID { NodeID(key) }
    /// SubjectPublicKeyInfo in DER, what `ComparisonCode` takes.
    public var der: [UInt8] { Array(key.derRepresentation) }
}

extension NodeID {
    init(_ key: P256.Signing.PublicKey) {
        let digest = SHA256.hash(data: key.derRepresentation)
        let digits = digest.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        guard let node = NodeID(digits) else { preconditionFailure("'\(digits)' is not a node identity") }
        self = node
    }
}
