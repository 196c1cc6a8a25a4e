import APIProtocol

/// The first administrator, made before there is a store: setup writes the record into what founds the cluster.
public struct FirstAdministrator: Sendable {
    public var record: Person
    /// To be shown this once; empty without a second factor.
    public var recoveryCodes: [String]

    /// Random bytes for everything that has to be random.
    public static let randomSize = PasswordHash.saltSize + RecoveryCodes.count * RecoveryCodes.size

    /// Takes as long as one password hash.
    ///
    /// - Parameters:
    ///   - user: checked here as well, with the fields `administrator.name` and `administrator.password`.
    ///   - authenticator: its secret in Base32, and the step of the code that confirmed it, as
    ///     `TimeCode.step(of:at:after:)` gives it; nil: no second factor.
    ///   - random: `randomSize` bytes.
    /// - Throws: `APIError` with what is wrong with name, password or secret.
    public init(
        _ user: FirstUser, authenticator: (secret: String, step: Int64)? = nil, at now: Timestamp, random: [UInt8],
        parameters: PasswordHash.Parameters = .current
    ) throws {
        precondition(random.count == Self.randomSize, "a first administrator needs exactly so many random bytes")
        try user.check("administrator")
        let salt = Array(random[..<PasswordHash.saltSize])
        record = Person(
            name: user.name, role: .administrator, created: now,
            password: try PasswordHash(user.password, salt: salt, parameters: parameters))
        guard let authenticator else {
            recoveryCodes = []
            return
        }
        guard let bytes = Base32.bytes(authenticator.secret), bytes.count >= TimeCode.secretSize else {
            throw APIError.invalid("administrator.secret", "is not Base32 of at least 20 bytes")
        }
        recoveryCodes = RecoveryCodes.make(Array(random[PasswordHash.saltSize...]))
        record.secondFactor = Person.SecondFactor(
            secret: Base32.text(bytes), lastStep: authenticator.step,
            recoveryCodes: recoveryCodes.map(RecoveryCodes.hash))
    }
}
