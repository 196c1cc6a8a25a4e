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

/// Why a certificate is not taken for the virtual address: the field, and the end of a catalogue key.
public enum WebIdentityProblem: String, Error {
    case certificateUnreadable, keyUnreadable, keyOfAnother, expired, notYetValid
}

extension WebIdentity {
    /// A customer's certificate with its key.
    ///
    /// - Throws: `WebIdentityProblem` unless both can be read, belong together and are valid now.
    public init(certificates: String, key: String, at now: WallTime) throws(WebIdentityProblem) {
        self.init(certificates: certificates, key: key, isOwn: false)
        let certificate: Certificate
        do {
            certificate = try Certificate(pemEncoded: certificates)
            _ = try NIOSSLCertificate.fromPEMBytes(Array(certificates.utf8))
            // The page that shows it must not break on it.
            _ = try facts()
        } catch { throw .certificateUnreadable }
        let privateKey: Certificate.PrivateKey
        do {
            privateKey = try Certificate.PrivateKey(pemEncoded: key)
            _ = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
        } catch { throw .keyUnreadable }
        guard privateKey.publicKey == certificate.publicKey else { throw .keyOfAnother }
        do { _ = try serverTLS() } catch { throw .certificateUnreadable }
        guard WallTime(certificate.notValidBefore) <= now else { throw .notYetValid }
        guard now < WallTime(certificate.notValidAfter) else { throw .expired }
    }

    /// What it says, for people.
    ///
    /// - Throws: `IdentityError` when it cannot be read.
    public func facts() throws(IdentityError) -> Facts {
        let certificate = try IdentityError.reading("the web certificate") { try Certificate(pemEncoded: certificates) }
        return Facts(
            subject: "\(certificate.subject)", issuer: "\(certificate.issuer)",
            names: try certificate.alternativeNames(), expires: WallTime(certificate.notValidAfter),
            fingerprint: certificate.fingerprint)
    }

    public struct Facts: Sendable {
        public let subject: String
        public let issuer: String
        public let names: [String]
        public let expires: WallTime
        /// SHA-256, as `AB:CD:…`.
        public let fingerprint: String
    }
}

/// A key that waits for its certificate, with what an authority is asked to sign.
public struct WebIdentityRequest: Codable, Equatable, Sendable {
    /// PEM. A secret.
    public let key: String
    /// PKCS #10 in PEM.
    public let request: String

    /// - Parameter names: DNS names, at least one; the first is the subject.
    /// - Throws: `IdentityError` for a name that is none.
    public init(names: [String]) throws(IdentityError) {
        let key = P256.Signing.PrivateKey()
        self.key = key.pemRepresentation
        request = try IdentityError.reading("the names of the signing request") {
            let alternatives = SubjectAlternativeNames(names.map { GeneralName.dnsName($0) })
            let request = try CertificateSigningRequest(
                version: .v1, subject: try DistinguishedName { CommonName(names.first ?? "") },
                privateKey: Certificate.PrivateKey(key),
                attributes: CertificateSigningRequest.Attributes([
                    try .init(ExtensionRequest(extensions: try Certificate.Extensions { alternatives }))
                ]), signatureAlgorithm: .ecdsaWithSHA256)
            return try request.serializeAsPEM().pemString
        }
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
