import JoinCore
import Primitives
import StreamProtocol

/// What may be wrong with keys and certificates that come from files or peers.
public enum IdentityError: Error, Equatable, CustomStringConvertible {
    /// The text or bytes are not what they should be.
    case unreadable(what: String, reason: String)
    case missing(path: String)
    /// A key that is not ECDSA on P-256.
    case wrongKeyType(what: String)
    /// The signature of a certificate signing request does not fit its key.
    case forgedRequest
    case notIssuedBy(ca: CAFingerprint)
    case notANodeCertificate(reason: String)
    case notASourceCertificate(reason: String)
    case sourceNotValidNow(machine: MachineID, from: WallTime, to: WallTime)
    case notYetValid(node: NodeID, from: WallTime)
    case expired(node: NodeID, at: WallTime)
    case keyMismatch(certificate: NodeID, key: NodeID)
    /// The certificate that was offered as a cluster's CA is not one.
    case notACertificateAuthority(reason: String)

    public var description: String {
        switch self {
        case .unreadable(let what, let reason): "\(what) cannot be read: \(reason)"
        case .missing(let path): "\(path) does not exist"
        case .wrongKeyType(let what): "the key of \(what) is not ECDSA on the curve P-256"
        case .forgedRequest: "the signature of the certificate request does not fit its key"
        case .notIssuedBy(let ca): "the certificate was not issued by this cluster's CA \(ca.short)"
        case .notANodeCertificate(let reason): "the certificate is not one of a node: \(reason)"
        case .notASourceCertificate(let reason): "the certificate is not one of a protected machine: \(reason)"
        case .sourceNotValidNow(let machine, let from, let to):
            "the certificate of machine \(machine) is valid from \(from) to \(to) only"
        case .notYetValid(let node, let from): "the certificate of node \(node) is valid from \(from) only"
        case .expired(let node, let at): "the certificate of node \(node) expired at \(at)"
        case .keyMismatch(let certificate, let key):
            "the certificate belongs to node \(certificate), but the key to node \(key)"
        case .notACertificateAuthority(let reason): "the certificate is not a cluster's CA: \(reason)"
        }
    }

    /// Runs a parser of a dependency and names what it could not read.
    static func reading<Result>(_ what: String, _ body: () throws -> Result) throws(IdentityError) -> Result {
        do { return try body() } catch { throw .unreadable(what: what, reason: "\(error)") }
    }
}
