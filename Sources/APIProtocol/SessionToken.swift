import Primitives

/// A session's secret: `ks1.ID.SECRET` with 16 and 32 lower-case hexadecimal digits. The store keeps the secret's hash
/// only.
public struct SessionToken: Equatable, Sendable {
    private static let prefix = "ks1"
    private static let idBytes = 8

    private let parts: TokenText

    public var id: String { parts.id }
    public var secret: String { parts.secret }

    /// - Parameters: 8 and 16 bytes from the system's random number generator.
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

/// What a request may carry as `Authorization: Bearer` (RFC 6750).
public enum Credential: Equatable, Sendable {
    case token(UserToken)
    case session(SessionToken)

    /// - Returns: nil for another scheme or a malformed token.
    public init?(authorization header: String) {
        let parts = header.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let text = String(parts[1])
        if let session = SessionToken(text) {
            self = .session(session)
        } else if let token = UserToken(text) {
            self = .token(token)
        } else {
            return nil
        }
    }
}
