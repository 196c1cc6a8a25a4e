import Crypto

/// The six digits that the joining node and the master both show, and a person compares before approving. They depend
/// on the CA that the node saw and on the node's key that the master saw, so two different pairs show different digits
/// except for one chance in a million.
///
/// The code guards against approving the wrong machine. Against an attacker between the two, who may try keys until the
/// digits agree, a join token is the protection: it carries the whole fingerprint.
public struct ComparisonCode: Hashable, Sendable {
    /// 0 to 999 999.
    public let number: Int

    /// - Parameter publicKeyDER: the node's public key as SubjectPublicKeyInfo in DER.
    public init(ca: CAFingerprint, publicKeyDER: [UInt8]) {
        var digest = SHA256()
        digest.update(data: Array("keelson join comparison code 1\0".utf8))
        digest.update(data: ca.bytes)
        digest.update(data: publicKeyDER)
        // 64 bits modulo a million: no number is likelier than another by more than 1 in 10^13.
        let start = digest.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        number = Int(start % 1_000_000)
    }
}

extension ComparisonCode: LosslessStringConvertible {
    /// Six digits with leading zeros, for example `004711`.
    public var description: String {
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// - Returns: nil unless the text has exactly six digits; blanks and dashes that people type between are ignored.
    public init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
        guard digits.count == 6, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        number = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
