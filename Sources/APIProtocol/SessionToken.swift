import Primitives

/// A session's secret: `ks1.ID.SECRET` with 16 and 32 lower-case hexadecimal digits. The store keeps the secret's hash
/// only.
public struct SessionToken: Equatable, Sendable {
    public let id: String
    public let secret: String

    /// - Parameters: 8 and 16 bytes from the system's random number generator.
    /// - Precondition: exactly so many.
    public init(idBytes: [UInt8], secretBytes: [UInt8]) {
        precondition(idBytes.count == 8 && secretBytes.count == 16, "a session is made of 8 and 16 random bytes")
        id = Hexadecimal.text(idBytes)
        secret = Hexadecimal.text(secretBytes)
    }

    /// - Returns: nil when the text has not exactly the form above.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "ks1", Hexadecimal.isText(parts[1], digits: 16),
            Hexadecimal.isText(parts[2], digits: 32)
        else { return nil }
        id = parts[1]
        secret = parts[2]
    }

    public var text: String { "ks1.\(id).\(secret)" }
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
