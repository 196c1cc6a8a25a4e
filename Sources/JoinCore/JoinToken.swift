import Crypto
import Primitives

/// What an operator carries from the master to a node that shall join without approval:
/// `kj1.<CA fingerprint, 64 digits>.<token id, 8>.<secret, 32>`, all hexadecimal. The fingerprint lets the node refuse
/// another cluster before it says anything; the secret is shown once and stored hashed.
public struct JoinToken: Hashable, Sendable {
    public let ca: CAFingerprint
    /// 8 hexadecimal digits: names the token in lists, no secret.
    public let id: String
    /// 16 bytes.
    let secret: [UInt8]

    /// A new token.
    /// - Parameter random: a source fit for secrets: outside of tests, the operating system's.
    public init(ca: CAFingerprint, random: inout some RandomNumberGenerator) {
        self.ca = ca
        id = Hexadecimal.text((0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        secret = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// - Throws: `JoinTokenError`, which says what of the text is wrong.
    public init(parsing text: String) throws(JoinTokenError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts[0] == "kj1" else { throw .notAToken }
        guard parts.count == 4 else { throw .wrongPartCount(parts.count) }
        guard let ca = CAFingerprint(String(parts[1])) else { throw .badPart("CA fingerprint", digits: 64) }
        guard let id = Hexadecimal.bytes(parts[2], count: 4) else { throw .badPart("token id", digits: 8) }
        guard let secret = Hexadecimal.bytes(parts[3], count: 16) else { throw .badPart("secret", digits: 32) }
        self.ca = ca
        self.id = Hexadecimal.text(id)
        self.secret = secret
    }

    /// The whole token with its secret. Show it once; never log it.
    public var text: String { "kj1.\(ca).\(id).\(Hexadecimal.text(secret))" }

    /// SHA-256 of the secret, 64 hexadecimal digits: what the cluster stores.
    public var secretHash: String {
        Hexadecimal.text(SHA256.hash(data: Array("keelson join token 1\0".utf8) + secret))
    }

    /// The joining node's check, before it sends anything secret.
    /// - Throws: `JoinRefusal.otherCluster` when the master's CA is not the one that the token was made for.
    public func check(masterCA: CAFingerprint) throws(JoinRefusal) {
        guard masterCA == ca else { throw .otherCluster(token: ca, cluster: masterCA) }
    }
}

extension JoinToken: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without the secret, so that a log line cannot give it away.
    public var description: String { "kj1.\(ca.short).\(id).(secret)" }
    public var debugDescription: String { description }
}

/// A text that is no join token.
public enum JoinTokenError: Error, Equatable, CustomStringConvertible {
    case notAToken
    case wrongPartCount(Int)
    case badPart(String, digits: Int)

    public var description: String {
        switch self {
        case .notAToken:
            "this is not a join token: it must begin with 'kj1.'; create one with 'keelson nodes token create'"
        case .wrongPartCount(let count):
            "the join token has \(count) parts between dots instead of 4; copy the whole line"
        case .badPart(let part, let digits):
            "the \(part) in the join token is not \(digits) hexadecimal digits; copy the whole line"
        }
    }
}
