import Primitives

/// A source's first secret: `ke1.ID.SECRET` with 8 and 32 lower-case hexadecimal digits. The store keeps its hash.
public struct EnrolmentSecret: Equatable, Sendable {
    private static let prefix = "ke1"
    static let idBytes = 4

    private let parts: TokenText

    public var secret: String { parts.secret }

    /// - Precondition: 4 and 16 bytes, from the system's random number generator.
    public init(idBytes: [UInt8], secretBytes: [UInt8]) {
        parts = TokenText(id: idBytes, of: Self.idBytes, secret: secretBytes)
    }

    /// - Returns: nil when the text has not exactly the form above.
    public init?(_ text: String) {
        guard let parts = TokenText(text, prefix: Self.prefix, idBytes: Self.idBytes) else { return nil }
        self.parts = parts
    }

    public var text: String { "\(Self.prefix).\(parts.id).\(parts.secret)" }
}

/// What a source shows to read its assignment: `km1.MACHINE.SECRET` with 32 hexadecimal digits each. The store keeps
/// the secret's hash.
public struct MachineToken: Equatable, Sendable {
    private static let prefix = "km1"
    private static let idBytes = 16

    private let parts: TokenText

    /// The machine's identity.
    public var machine: String { parts.id }
    public var secret: String { parts.secret }

    /// - Precondition: the machine's 16 bytes, and 16 from the system's random number generator.
    public init(machineBytes: [UInt8], secretBytes: [UInt8]) {
        parts = TokenText(id: machineBytes, of: Self.idBytes, secret: secretBytes)
    }

    /// - Returns: nil when the text has not exactly the form above.
    public init?(_ text: String) {
        guard let parts = TokenText(text, prefix: Self.prefix, idBytes: Self.idBytes) else { return nil }
        self.parts = parts
    }

    public var text: String { "\(Self.prefix).\(parts.id).\(parts.secret)" }
}
