/// What a user may do; each role may do what those before it may.
public enum UserRole: String, Codable, Sendable, CaseIterable, Comparable {
    /// Reads.
    case viewer
    /// Switches the master, approves nodes.
    case `operator`
    /// Changes members, configuration and tokens.
    case administrator

    public static func < (left: UserRole, right: UserRole) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .administrator: 2
        }
    }
}

/// Who a token belongs to.
public struct UserIdentity: Codable, Equatable, Sendable {
    public var name: String
    public var role: UserRole

    public init(name: String, role: UserRole) {
        self.name = name
        self.role = role
    }
}

/// Asks for a user token.
public struct UserTokenRequest: Codable, Equatable, Sendable {
    /// Whose it is: 1 to 64 letters, digits, `.`, `-`, `_`, `@`.
    public var name: String
    public var role: UserRole
    /// nil: until it is revoked.
    public var ttlSeconds: Int?

    public init(name: String, role: UserRole, ttlSeconds: Int? = nil) {
        self.name = name
        self.role = role
        self.ttlSeconds = ttlSeconds
    }
}

/// A user token without its secret.
public struct UserTokenInfo: Codable, Equatable, Sendable {
    public var id: String
    public var name: String
    public var role: UserRole
    public var created: Timestamp
    /// nil: until it is revoked.
    public var expires: Timestamp?

    public init(id: String, name: String, role: UserRole, created: Timestamp, expires: Timestamp? = nil) {
        self.id = id
        self.name = name
        self.role = role
        self.created = created
        self.expires = expires
    }
}

/// A new user token with its secret, which is shown this once.
public struct CreatedUserToken: Codable, Equatable, Sendable {
    public var token: String
    public var info: UserTokenInfo

    public init(token: String, info: UserTokenInfo) {
        self.token = token
        self.info = info
    }
}
