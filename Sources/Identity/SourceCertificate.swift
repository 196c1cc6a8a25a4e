import Crypto
import JoinCore
import Primitives
import StreamProtocol
import SwiftASN1
import X509

/// A certificate that the cluster's CA has issued to the source of one protected machine. Its only extended key usage
/// is our own, so every other server of the cluster (the API between nodes, etcd) refuses it in the handshake.
public struct SourceCertificate: Sendable, Equatable {
    public let certificate: Certificate
    /// Whose stream it may send, from its common name.
    public let machine: MachineID

    /// One year.
    public static let life = Span.seconds(365 * 86_400)

    /// Of the arc 2.25, which needs no registration (ITU-T X.667): its number is drawn at random.
    static let usage = ExtendedKeyUsage.Usage(oid: [2, 25, 1_834_707_281, 1])

    /// - Throws: `IdentityError` unless its subject names a machine and its key is on P-256.
    public init(_ certificate: Certificate) throws(IdentityError) {
        guard P256.Signing.PublicKey(certificate.publicKey) != nil else {
            throw .wrongKeyType(what: "the source's certificate")
        }
        guard try certificate.isForSources else {
            throw .notASourceCertificate(reason: "it is for something else")
        }
        guard let text = certificate.commonName, let machine = MachineID(text) else {
            throw .notASourceCertificate(reason: "its subject \(certificate.subject) names no machine")
        }
        self.certificate = certificate
        self.machine = machine
    }

    public init(pem: String) throws(IdentityError) {
        try self.init(try IdentityError.reading("the source's certificate") { try Certificate(pemEncoded: pem) })
    }

    public var pem: String { certificate.pem }
    public var validFrom: WallTime { WallTime(certificate.notValidBefore) }
    public var expires: WallTime { WallTime(certificate.notValidAfter) }

    /// True after two thirds of its life.
    public func needsRenewal(at now: WallTime) -> Bool { certificate.needsRenewal(at: now) }
}

/// Whoever speaks to a node's capture daemon.
public enum StreamPeer: Hashable, Sendable {
    /// The source of a protected machine.
    case source(MachineID)
    /// Another node, which forwards a stream or brings a copy.
    case node(NodeID)
}

extension ClusterTrust {
    /// Checks that the CA issued this certificate to a source and that it is valid now.
    ///
    /// - Throws: `IdentityError`, which says what does not hold.
    @discardableResult
    public func verify(_ offered: SourceCertificate, at now: WallTime) throws(IdentityError) -> MachineID {
        let leaf = offered.certificate
        guard leaf.issuer == certificate.subject,
            certificate.publicKey.isValidSignature(leaf.signature, for: leaf)
        else { throw .notIssuedBy(ca: fingerprint) }
        let constraints = try IdentityError.reading("the source's certificate's extensions") {
            try leaf.extensions.basicConstraints
        }
        if case .isCertificateAuthority = constraints { throw .notASourceCertificate(reason: "it is a CA") }
        guard now >= offered.validFrom, now < offered.expires else {
            throw .sourceNotValidNow(machine: offered.machine, from: offered.validFrom, to: offered.expires)
        }
        return offered.machine
    }

    /// Who has this certificate: a source or a node, never both.
    ///
    /// - Parameter der: as the peer showed it; the handshake has proven the key.
    /// - Throws: `IdentityError`, which says what does not hold.
    public func streamPeer(der: [UInt8], at now: WallTime) throws(IdentityError) -> StreamPeer {
        let leaf = try IdentityError.reading("the peer's certificate") { try Certificate(derEncoded: der) }
        if try leaf.isForSources { return .source(try verify(SourceCertificate(leaf), at: now)) }
        return .node(try verify(NodeCertificate(leaf), at: now))
    }
}

extension Certificate {
    fileprivate var isForSources: Bool {
        get throws(IdentityError) {
            try IdentityError.reading("the certificate's usages") {
                try extensions.extendedKeyUsage?.contains(SourceCertificate.usage) ?? false
            }
        }
    }

    fileprivate var commonName: String? {
        for name in subject.flatMap({ Array($0) }) where name.type == .RDNAttributeType.commonName {
            return String(name.value)
        }
        return nil
    }
}
