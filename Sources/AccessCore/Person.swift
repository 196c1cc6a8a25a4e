import APIProtocol

/// A user of the console and the API, as the store keeps it.
public struct Person: Codable, Equatable, Sendable {
    /// An authenticator that counts.
    public struct SecondFactor: Codable, Equatable, Sendable {
        /// Base32.
        public var secret: String
        /// The step whose code was accepted last: none counts twice.
        public var lastStep: Int64
        /// Hashes of those that are left.
        public var recoveryCodes: [String]

        public init(secret: String, lastStep: Int64, recoveryCodes: [String]) {
            self.secret = secret
            self.lastStep = lastStep
            self.recoveryCodes = recoveryCodes
        }
    }

    /// Made from the name, so that no two users have one name.
    public var id: String
    public var name: String
    public var role: UserRole
    public var disabled: Bool
    public var created: Timestamp
    public var password: PasswordHash
    public var secondFactor: SecondFactor?
    /// An authenticator's secret that was shown and is not confirmed yet.
    public var pendingSecret: String?

    public init(name: String, role: UserRole, created: Timestamp, password: PasswordHash) {
        id = Self.id(of: name)
        self.name = name
        self.role = role
        disabled = false
        self.created = created
        self.password = password
    }

    /// The same for all spellings that differ in case only: 16 hexadecimal digits.
    public static func id(of name: String) -> String { String(Secret.hash(name.lowercased()).prefix(16)) }

    public func isCalled(_ other: String) -> Bool { name.lowercased() == other.lowercased() }
}

extension Person {
    public func info(_ history: LoginHistory?, at now: Timestamp) -> UserInfo {
        UserInfo(
            id: id, name: name, role: role, disabled: disabled, secondFactor: secondFactor != nil, created: created,
            lastLogin: history?.lastLogin, lockedUntil: history?.failures?.lockedUntil(at: now))
    }

    /// Begins with an authenticator: its secret counts once a code of it was seen.
    public mutating func propose(secret: [UInt8]) -> String {
        precondition(secret.count == TimeCode.secretSize, "an authenticator's secret has 20 bytes")
        let text = Base32.text(secret)
        pendingSecret = text
        return text
    }

    /// - Parameter random: a hundred random bytes.
    /// - Returns: the recovery codes; nil when the code is wrong or nothing was proposed.
    public mutating func confirm(code: String, at now: Timestamp, random: [UInt8]) -> [String]? {
        guard let pending = pendingSecret, let secret = Base32.bytes(pending),
            let step = TimeCode(secret: secret).step(of: code, at: now, after: nil)
        else { return nil }
        let codes = RecoveryCodes.make(random)
        secondFactor = SecondFactor(
            secret: pending, lastStep: step, recoveryCodes: codes.map(RecoveryCodes.hash))
        pendingSecret = nil
        return codes
    }

    public mutating func forgetSecondFactor() { (secondFactor, pendingSecret) = (nil, nil) }
}

/// Rules about all users together.
public enum People {
    /// - Returns: whether an administrator that may log in is left when this one is changed to `changed`, or removed.
    public static func keepAdministrator(_ people: [Person], changing id: String, to changed: Person?) -> Bool {
        let after = people.filter { $0.id != id } + (changed.map { [$0] } ?? [])
        let isOne = { (person: Person) in person.role == .administrator && !person.disabled }
        // Where there was none, none can be lost.
        return after.contains(where: isOne) || !people.contains(where: isOne)
    }

    /// While no security officer may log in, administrators manage the users.
    public static func lackSecurityOfficer(_ people: [Person]) -> Bool {
        !people.contains { $0.role == .securityOfficer && !$0.disabled }
    }
}
