import Crypto
import Foundation
import JoinCore
import Primitives
import SwiftASN1
import X509

/// A certificate that the cluster CA has issued to a node, for both ends of TLS: etcd's gateway dials with the server's.
public struct NodeCertificate: Sendable, Equatable {
    public let certificate: Certificate
    /// Whose it is, from its public key; not from a name inside.
    public let node: NodeID

    /// 90 days.
    public static let life = Span.seconds(90 * 86_400)
    /// A node whose clock is behind accepts a new certificate at once.
    public static let startsEarlier = Span.seconds(86_400)

    /// - Throws: `IdentityError` when the key is not on P-256.
    public init(_ certificate: Certificate) throws(IdentityError) {
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else {
            throw .wrongKeyType(what: "the node certificate")
        }
        self.certificate = certificate
        node = NodeID(key)
    }

    public init(pem: String) throws(IdentityError) {
        try self.init(try IdentityError.reading("the node certificate") { try Certificate(pemEncoded: pem) })
    }

    public init(der: [UInt8]) throws(IdentityError) {
        try self.init(try IdentityError.reading("the node certificate") { try Certificate(derEncoded: der) })
    }

    public var pem: String { certificate.pem }
    public var validFrom: WallTime { WallTime(certificate.notValidBefore) }
    public var expires: WallTime { WallTime(certificate.notValidAfter) }

    /// SHA-256 of the certificate, `AB:CD:…`, as browsers show it.
    public var fingerprint: String { certificate.fingerprint }

    /// True after two thirds of its life: a month is left then for a cluster that is partly off.
    public func needsRenewal(at now: WallTime) -> Bool {
        certificate.needsRenewal(at: now)
    }

    /// Addresses and names that the certificate stands for, as text, sorted.
    public func names() throws(IdentityError) -> [String] {
        try certificate.alternativeNames()
    }
}

extension WallTime {
    public init(_ date: Date) { self.init(secondsSince1970: Int64(date.timeIntervalSince1970.rounded(.down))) }

    var date: Date { Date(timeIntervalSince1970: TimeInterval(secondsSince1970)) }
}

extension Certificate {
    /// SHA-256, `AB:CD:…`, as browsers show it.
    var fingerprint: String {
        SHA256.hash(data: der).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.utf8.count < 2 ? "0" + digits : digits
        }.joined(separator: ":")
    }

    func needsRenewal(at now: WallTime) -> Bool {
        let (begin, end) = (WallTime(notValidBefore).secondsSince1970, WallTime(notValidAfter).secondsSince1970)
        return now.secondsSince1970 >= begin + (end - begin) / 3 * 2
    }

    /// DNS names and addresses as text, sorted.
    func alternativeNames() throws(IdentityError) -> [String] {
        try IdentityError.reading("the names in the certificate") {
            let names = try extensions.subjectAlternativeNames ?? SubjectAlternativeNames()
            return names.compactMap { name -> String? in
                switch name {
                case .dnsName(let text): text
                case .ipAddress(let octets) where octets.bytes.count == 4 || octets.bytes.count == 16:
                    IPAddress(bytes: Array(octets.bytes)).description
                default: nil
                }
            }.sorted()
        }
    }

    /// A certificate that was parsed or made serializes: a failure is a bug of the encoder.
    var pem: String {
        do { return try serializeAsPEM().pemString } catch { preconditionFailure("certificate to PEM: \(error)") }
    }

    var der: [UInt8] {
        var serializer = DER.Serializer()
        do { try serializer.serialize(self) } catch { preconditionFailure("certificate to DER: \(error)") }
        return serializer.serializedBytes
    }
}
