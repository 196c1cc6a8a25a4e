import JoinCore
import Linux
import Primitives

/// The folder `DATA/identity`: PEM files, mode 0600, written durably. The paths also go into etcd's command line.
public struct IdentityFolder: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var keyPath: String { "\(path)/node.key" }
    public var certificatePath: String { "\(path)/node.crt" }
    public var trustPath: String { "\(path)/ca.crt" }
    /// On a node before it belongs to a cluster, and on the founder until the store has it.
    public var authorityKeyPath: String { "\(path)/ca.key" }

    /// The node's key, made at the first call and never again.
    /// - Throws: `IdentityError` for a file that is no key (it is not replaced: that would be another node),
    ///   `SystemError` when it cannot be read or written.
    public func loadOrCreateKey() throws -> NodeKey {
        if let pem = try read(keyPath) { return try NodeKey(pem: pem) }
        let key = NodeKey()
        try write(key.pem, to: keyPath)
        return key
    }

    /// The member's identity.
    /// - Throws: `IdentityError.missing` naming the file when one of the three is not there.
    public func load() throws -> NodeIdentity {
        try NodeIdentity(
            key: try NodeKey(pem: try require(keyPath)),
            certificate: try NodeCertificate(pem: try require(certificatePath)),
            trust: try ClusterTrust(pem: try require(trustPath)))
    }

    /// Writes the CA certificate, then the node's: a crash between leaves no certificate, and the writing is repeated.
    public func install(_ certificate: NodeCertificate, trust: ClusterTrust) throws {
        try write(trust.pem, to: trustPath)
        try write(certificate.pem, to: certificatePath)
    }

    /// - Returns: nil when this node does not hold the CA's key.
    public func loadAuthority() throws -> CertificateAuthority? {
        guard let key = try read(authorityKeyPath) else { return nil }
        return try CertificateAuthority(certificatePEM: try require(trustPath), keyPEM: key)
    }

    public func install(_ authority: CertificateAuthority) throws {
        try write(authority.trust.pem, to: trustPath)
        try write(authority.keyPEM, to: authorityKeyPath)
    }

    /// The CA's key is no longer this node's business: the store has it, or another CA is the cluster's.
    public func removeAuthorityKey() throws { try DurableFile.remove(authorityKeyPath) }

    private func read(_ file: String) throws -> String? {
        guard let bytes = try DurableFile.read(file) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func require(_ file: String) throws -> String {
        guard let text = try read(file) else { throw IdentityError.missing(path: file) }
        return text
    }

    private func write(_ text: String, to file: String) throws {
        try DurableFile.makeFolder(path, mode: 0o700)
        try DurableFile.replace(file, with: Array(text.utf8), mode: 0o600)
    }
}
