import Crypto
import Primitives

/// Which cluster: the SHA-256 of its CA certificate in DER. 32 bytes, written as 64 hexadecimal digits.
public struct CAFingerprint: Hashable, Sendable {
    public let bytes: [UInt8]

    /// - Parameter certificateDER: the CA certificate in DER.
    public init(certificateDER: [UInt8]) { bytes = Array(SHA256.hash(data: certificateDER)) }

    /// The first 12 digits, enough for a person to tell two clusters apart.
    public var short: String { String(description.prefix(12)) + "…" }
}

extension CAFingerprint: LosslessStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public var description: String { Hexadecimal.text(bytes) }

    /// - Returns: nil unless the text is 64 hexadecimal digits.
    public init?(_ text: String) {
        guard let bytes = Hexadecimal.bytes(text, count: 32) else { return nil }
        self.bytes = bytes
    }
}
