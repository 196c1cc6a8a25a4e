/// Who asks, as a session or a token proves it.
public struct UserIdentity: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case session, token
    }

    public var name: String
    public var role: UserRole
    public var kind: Kind
    /// Of the user, or of the API token.
    public var id: String
    /// The session's identity.
    public var session: String?
    /// Whose API token it is: the user who made it.
    public var owner: String?
    /// What an API token is limited to; nil: all that the role may.
    public var groups: [EndpointGroup]?
    /// Whether this session proved a second factor.
    public var secondFactor: Bool
    /// The cluster wants a second factor and this user has none yet: nothing else is allowed before.
    public var mustEnrolSecondFactor: Bool
    /// An administrator while there is no security officer: manages users in that one's place.
    public var standsForSecurity: Bool
    public var expires: Timestamp?
    /// `en` or `zh`, as chosen at the login.
    public var language: String?

    public init(
        name: String, role: UserRole, kind: Kind = .token, id: String = "", session: String? = nil,
        owner: String? = nil, groups: [EndpointGroup]? = nil, secondFactor: Bool = false,
        mustEnrolSecondFactor: Bool = false, standsForSecurity: Bool = false, expires: Timestamp? = nil,
        language: String? = nil
    ) {
        self.name = name
        self.role = role
        self.kind = kind
        self.id = id
        self.session = session
        self.owner = owner
        self.groups = groups
        self.secondFactor = secondFactor
        self.mustEnrolSecondFactor = mustEnrolSecondFactor
        self.standsForSecurity = standsForSecurity
        self.expires = expires
        self.language = language
    }
}

extension UserIdentity {
    /// - Throws: `forbidden`, `outOfScope`, `secondFactorNeeded`.
    public func check(_ needed: AccessLevel, for endpoint: Endpoint) throws(APIError) {
        // Whatever else: who one is may always be asked.
        if endpoint == .session { return }
        guard !mustEnrolSecondFactor || endpoint.group == .session else { throw APIError(.secondFactorNeeded) }
        if let groups, !groups.contains(endpoint.group) {
            throw APIError(.outOfScope, ["caller": name, "group": endpoint.group.rawValue])
        }
        let managesUsers =
            needed == .security && standsForSecurity && role == .administrator
            && (endpoint.group == .users || endpoint.group == .sessions)
        guard role.may(needed) || managesUsers else {
            throw APIError(.forbidden, ["needed": needed.role.rawValue, "caller": name, "role": role.rawValue])
        }
    }
}
