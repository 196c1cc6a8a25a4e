import Primitives

/// A user's secret: `ku1.ID.SECRET` with 8 and 32 lower-case hexadecimal digits. The store keeps a
/// `UserTokenRecord` with the secret's hash only.
public struct UserToken: Equatable, Sendable {
    private static let prefix = "ku1"
    private static let idBytes = 4

    private let parts: TokenText

    public var id: String { parts.id }
    public var secret: String { parts.secret }

    /// - Parameters: 4 and 16 bytes from the system's random number generator.
    /// - Precondition: exactly so many.
    public init(idBytes: [UInt8], secretBytes: [UInt8]) {
        parts = TokenText(id: idBytes, of: Self.idBytes, secret: secretBytes)
    }

    /// - Returns: nil when the text has not exactly the form above.
    public init?(_ text: String) {
        guard let parts = TokenText(text, prefix: Self.prefix, idBytes: Self.idBytes) else { return nil }
        self.parts = parts
    }

    public var text: String { "\(Self.prefix).\(id).\(secret)" }
}

/// What the store keeps of a user token.
public struct UserTokenRecord: Codable, Equatable, Sendable {
    public var info: UserTokenInfo
    /// SHA-256 of the secret's text, 64 hexadecimal digits.
    public var secretHash: String

    public init(info: UserTokenInfo, secretHash: String) {
        self.info = info
        self.secretHash = secretHash
    }

    /// Whether the token is this record's and still valid. The comparison takes the same time for every wrong secret.
    /// - Parameter digest: SHA-256.
    public func admits(_ token: UserToken, at now: Timestamp, digest: ([UInt8]) -> [UInt8]) -> Bool {
        let offered = Array(Hexadecimal.text(digest(Array(token.secret.utf8))).utf8)
        let stored = Array(secretHash.utf8)
        guard token.id == info.id, offered.count == stored.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(offered, stored) { difference |= left ^ right }
        return difference == 0 && info.expires.map { now < $0 } ?? true
    }
}
