import Crypto
import Foundation
import JoinCore
import Linux
import NIOSSL
import Primitives
import SwiftASN1
import X509

/// What browsers see at the virtual address: one key and certificate for all nodes, so that what a person has accepted
/// once holds after a failover.
public struct WebIdentity: Codable, Equatable, Sendable {
    /// PEM: the certificate itself first, then those that lead to its root.
    public var certificates: String
    /// PEM. A secret.
    public var key: String
    /// Whether the cluster's CA has issued it, and renews it.
    public var isOwn: Bool

    /// A year and a month: browsers refuse more of public authorities, and may of private ones.
    public static let life = Span.seconds(397 * 86_400)

    public init(certificates: String, key: String, isOwn: Bool) {
        self.certificates = certificates
        self.key = key
        self.isOwn = isOwn
    }

    /// Whether the cluster should issue another: it grows old, or stands for other addresses.
    ///
    /// - Throws: `IdentityError` when it cannot be read.
    public func needsRenewal(for addresses: [IPAddress], at now: WallTime) throws(IdentityError) -> Bool {
        guard isOwn else { return false }
        let certificate = try IdentityError.reading("the web certificate") { try Certificate(pemEncoded: certificates) }
        let names = try certificate.alternativeNames()
        return certificate.needsRenewal(at: now) || !addresses.allSatisfy { names.contains($0.description) }
    }

    /// For a server over TLS 1.3.
    ///
    /// - Throws: `NIOSSLError` when key or certificate cannot be read.
    public func serverTLS() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificates.utf8)).map {
            NIOSSLCertificateSource.certificate($0)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv13
        return configuration
    }
}

/// The file in which a node keeps the web identity for its console: JSON, mode 0600.
public struct WebIdentityFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// - Returns: nil when there is none yet.
    /// - Throws: `SystemError`, or what decoding throws.
    public func read() throws -> WebIdentity? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        return try JSONDecoder().decode(WebIdentity.self, from: Data(bytes))
    }

    /// Writes unless it says the same already.
    /// - Throws: `SystemError`.
    public func write(_ identity: WebIdentity) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let bytes = Array(try encoder.encode(identity))
        guard try DurableFile.read(path) != bytes else { return }
        try DurableFile.replace(path, with: bytes, mode: 0o600)
    }
}
