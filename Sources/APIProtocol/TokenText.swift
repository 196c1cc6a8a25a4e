import Primitives

/// `PREFIX.ID.SECRET`: the form of API tokens and sessions, both parts in lower-case hexadecimal digits.
struct TokenText: Equatable, Sendable {
    static let secretBytes = 16

    let id: String
    let secret: String

    /// - Precondition: so many bytes of each as the token has, from the system's random number generator.
    init(id idBytes: [UInt8], of count: Int, secret secretBytes: [UInt8]) {
        precondition(idBytes.count == count && secretBytes.count == Self.secretBytes, "a token of another size")
        id = Hexadecimal.text(idBytes)
        secret = Hexadecimal.text(secretBytes)
    }

    /// - Returns: nil when the text has not exactly that form.
    init?(_ text: String, prefix: String, idBytes: Int) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == prefix, Hexadecimal.isText(parts[1], digits: 2 * idBytes),
            Hexadecimal.isText(parts[2], digits: 2 * Self.secretBytes)
        else { return nil }
        id = parts[1]
        secret = parts[2]
    }
}
