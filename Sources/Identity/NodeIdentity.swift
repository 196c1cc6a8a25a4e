import JoinCore
import Primitives

/// Everything that a member shows to others and checks others with: its key, its certificate and the cluster's CA.
public struct NodeIdentity: Sendable {
    public let key: NodeKey
    public let certificate: NodeCertificate
    public let trust: ClusterTrust

    /// - Throws: `IdentityError.keyMismatch` when the certificate is another node's, `.notIssuedBy` when it is another
    ///   cluster's. An expired one is accepted here: it is how a node that was off for long renews.
    public init(key: NodeKey, certificate: NodeCertificate, trust: ClusterTrust) throws(IdentityError) {
        guard certificate.node == key.node else { throw .keyMismatch(certificate: certificate.node, key: key.node) }
        try trust.verify(certificate, at: certificate.validFrom)
        self.key = key
        self.certificate = certificate
        self.trust = trust
    }

    public var node: NodeID { key.node }
}
