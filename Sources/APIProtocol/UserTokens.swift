/// Asks for a user token.
public struct UserTokenRequest: Codable, Equatable, Sendable {
    /// Whose it is: 1 to 64 letters, digits, `.`, `-`, `_`, `@`.
    public var name: String
    public var role: UserRole
    /// nil: until it is revoked.
    public var ttlSeconds: Int?
    /// The groups of endpoints that it may use, as `nodes`; nil: all that the role may.
    public var groups: [EndpointGroup]?

    public init(name: String, role: UserRole, ttlSeconds: Int? = nil, groups: [EndpointGroup]? = nil) {
        self.name = name
        self.role = role
        self.ttlSeconds = ttlSeconds
        self.groups = groups
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
    /// What it is limited to; nil: all that the role may.
    public var groups: [EndpointGroup]?
    /// The identity of the user who made it; nil: root.
    public var owner: String?

    public init(
        id: String, name: String, role: UserRole, created: Timestamp, expires: Timestamp? = nil,
        groups: [EndpointGroup]? = nil, owner: String? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.created = created
        self.expires = expires
        self.groups = groups
        self.owner = owner
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
