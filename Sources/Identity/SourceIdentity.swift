import JoinCore
import NIOCore
import NIOSSL
import Primitives

/// What the source of a protected machine shows to capture daemons and checks them with.
public struct SourceIdentity: Sendable {
    public let key: NodeKey
    public let certificate: SourceCertificate
    public let trust: ClusterTrust

    /// - Throws: `IdentityError` when the certificate is another cluster's.
    public init(key: NodeKey, certificate: SourceCertificate, trust: ClusterTrust) throws(IdentityError) {
        try trust.verify(certificate, at: certificate.validFrom)
        self.key = key
        self.certificate = certificate
        self.trust = trust
    }

    /// Towards a node's capture daemon: TLS 1.3 with both certificates, the server's address checked.
    public func clientTLS() throws -> TLSConfiguration {
        var configuration = try trust.clientTLS()
        configuration.certificateChain = [
            .certificate(try NIOSSLCertificate(bytes: certificate.certificate.der, format: .der))
        ]
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pem.utf8), format: .pem))
        return configuration
    }
}

extension NodeIdentity {
    /// Of a node's capture daemon, for sources and other nodes. Their usages are not those that TLS libraries know, so
    /// the certificate that a client shows is checked by `acceptStreamPeer`, which must be given to the handler.
    public func streamServerTLS() throws -> TLSConfiguration { try mutualServerTLS() }

    /// Decides about a client's certificate during the handshake (`NIOSSLServerHandler`).
    ///
    /// - Parameter now: the wall clock.
    public func acceptStreamPeer(now: @escaping @Sendable () -> WallTime) -> NIOSSLCustomVerificationCallback {
        let trust = trust
        return { certificates, promise in
            promise.completeWith(
                Result {
                    guard let leaf = certificates.first else { return .failed }
                    _ = try trust.streamPeer(der: try leaf.toDERBytes(), at: now())
                    return .certificateVerified
                })
        }
    }
}
