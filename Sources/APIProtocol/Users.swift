/// A user of the console and the API, without secrets.
public struct UserInfo: Codable, Equatable, Sendable {
    public var id: String
    public var name: String
    public var role: UserRole
    public var disabled: Bool
    /// Whether a second factor is set up.
    public var secondFactor: Bool
    public var created: Timestamp
    public var lastLogin: Timestamp?
    /// After too many wrong passwords no login is tried before; nil: not locked.
    public var lockedUntil: Timestamp?

    public init(
        id: String, name: String, role: UserRole, disabled: Bool, secondFactor: Bool, created: Timestamp,
        lastLogin: Timestamp? = nil, lockedUntil: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.disabled = disabled
        self.secondFactor = secondFactor
        self.created = created
        self.lastLogin = lastLogin
        self.lockedUntil = lockedUntil
    }
}

/// A new user.
public struct NewUser: Codable, Equatable, Sendable {
    /// 1 to 64 letters, digits, `.`, `-`, `_`, `@`; case does not tell two users apart.
    public var name: String
    public var role: UserRole
    public var password: String

    public init(name: String, role: UserRole, password: String) {
        self.name = name
        self.role = role
        self.password = password
    }
}

/// A change of a user; what is absent stays. Each of them ends the user's sessions.
public struct UserChange: Codable, Equatable, Sendable {
    public var role: UserRole?
    public var disabled: Bool?
    public var password: String?

    public init(role: UserRole? = nil, disabled: Bool? = nil, password: String? = nil) {
        self.role = role
        self.disabled = disabled
        self.password = password
    }
}

/// The administrator of a cluster that is founded.
public struct FirstUser: Codable, Equatable, Sendable {
    public var name: String
    public var password: String

    public init(name: String, password: String) {
        self.name = name
        self.password = password
    }

    /// - Parameter field: where it stands in the request.
    public func check(_ field: String) throws(APIError) {
        try Rule.name(name, "\(field).name", also: "@")
        try Rule.password(password, name: name, "\(field).password")
    }
}

/// The rules of security that hold for the whole cluster.
public struct SecuritySettings: Codable, Equatable, Sendable {
    /// What destroys waits until another user approves.
    public var fourEyes: Bool
    /// Users without a second factor may do nothing but set one up.
    public var requireSecondFactor: Bool
    /// A session ends so long after the login, whatever happens; 5 to 10 080.
    public var sessionMinutes: Int
    /// A session ends when it was not used for so long; 5 to 1 440.
    public var idleMinutes: Int

    public init(
        fourEyes: Bool = false, requireSecondFactor: Bool = false, sessionMinutes: Int = 720, idleMinutes: Int = 30
    ) {
        self.fourEyes = fourEyes
        self.requireSecondFactor = requireSecondFactor
        self.sessionMinutes = sessionMinutes
        self.idleMinutes = idleMinutes
    }
}

extension NewUser: Validatable {
    public func validate() throws(APIError) {
        try Rule.name(name, "name", also: "@")
        try Rule.password(password, name: name, "password")
    }
}

extension UserChange: Validatable {
    /// The password is checked against the user's name where that is known.
    public func validate() throws(APIError) {
        guard role != nil || disabled != nil || password != nil else { throw APIError(.missingField, field: "role") }
        if let password { try Rule.password(password, name: "", "password") }
    }
}

extension SecuritySettings: Validatable {
    public func validate() throws(APIError) {
        try Rule.range(sessionMinutes, 5...10_080, "sessionMinutes")
        try Rule.range(idleMinutes, 5...1_440, "idleMinutes")
    }
}
