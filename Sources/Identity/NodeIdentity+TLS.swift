import Foundation
import NIOSSL
import Primitives

/// TLS 1.3 only, on every connection.
extension NodeIdentity {
    /// For users' clients: the server shows its certificate and asks for none.
    public func serverTLS() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try certificateChain(), privateKey: try privateKey())
        configuration.minimumTLSVersion = .tlsv13
        return configuration
    }

    /// For other nodes: a client without a certificate of this cluster is refused in the handshake. Who it is says
    /// `NodeID(peer:)`.
    public func mutualServerTLS() throws -> TLSConfiguration {
        var configuration = try serverTLS()
        configuration.trustRoots = .certificates([try trust.nioCertificate()])
        // A node dials from any of its addresses; its key, not its address, is its identity.
        configuration.certificateVerification = .noHostnameVerification
        return configuration
    }

    /// Towards other nodes and etcd: shows the node's certificate and checks the server's, its address included.
    public func mutualClientTLS() throws -> TLSConfiguration {
        var configuration = try trust.clientTLS()
        configuration.certificateChain = try certificateChain()
        configuration.privateKey = try privateKey()
        return configuration
    }

    private func certificateChain() throws -> [NIOSSLCertificateSource] {
        [.certificate(try NIOSSLCertificate(bytes: certificate.certificate.der, format: .der))]
    }

    private func privateKey() throws -> NIOSSLPrivateKeySource {
        .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pem.utf8), format: .pem))
    }
}

extension ClusterTrust {
    /// A client without a certificate of its own that accepts this cluster's nodes only.
    public func clientTLS() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try nioCertificate()])
        configuration.minimumTLSVersion = .tlsv13
        return configuration
    }

    /// A client that checks nothing: only to fetch a CA certificate whose fingerprint is then compared with a join
    /// token's, or for a first contact that a person compares the six digits of. Never send a secret through it.
    public static func uncheckedClientTLS() -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.minimumTLSVersion = .tlsv13
        return configuration
    }

    func nioCertificate() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: certificate.der, format: .der)
    }
}

extension NodeID {
    /// Who the other end of a mutual TLS connection is. The handshake has checked the chain already.
    /// - Throws: `IdentityError` for a certificate that is not of a node.
    public init(peer: NIOSSLCertificate) throws {
        self = try NodeCertificate(der: try peer.toDERBytes()).node
    }
}
