import APIProtocol

/// What the store keeps of a session.
public struct SessionRecord: Codable, Equatable, Sendable {
    public var id: String
    public var secretHash: String
    /// The person's identity.
    public var person: String
    public var created: Timestamp
    /// Whatever happens, it ends then.
    public var expires: Timestamp
    /// Behind by up to a minute: not every request is written down.
    public var lastUsed: Timestamp
    public var client: String?
    public var secondFactor: Bool
    public var language: String?

    /// How often the last use is written down.
    public static let touchMilliseconds: Int64 = 60_000

    public init(
        _ token: SessionToken, person: String, at now: Timestamp, settings: SecuritySettings, client: String?,
        secondFactor: Bool, language: String?
    ) {
        id = token.id
        secretHash = Secret.hash(token.secret)
        self.person = person
        created = now
        expires = Timestamp(milliseconds: now.milliseconds + Int64(settings.sessionMinutes) * 60_000)
        lastUsed = now
        self.client = client
        self.secondFactor = secondFactor
        self.language = language
    }

    /// Neither its time is over nor was it left alone for too long.
    public func isAlive(at now: Timestamp, settings: SecuritySettings) -> Bool {
        now < expires && now.milliseconds - lastUsed.milliseconds < Int64(settings.idleMinutes) * 60_000
    }

    /// Whether the secret is this session's and the session is alive.
    public func admits(_ token: SessionToken, at now: Timestamp, settings: SecuritySettings) -> Bool {
        Secret.matches(token.secret, secretHash) && token.id == id && isAlive(at: now, settings: settings)
    }

    /// - Returns: nil when the last use that is written down is young enough.
    public func touched(at now: Timestamp) -> SessionRecord? {
        guard now.milliseconds - lastUsed.milliseconds >= Self.touchMilliseconds else { return nil }
        var record = self
        record.lastUsed = now
        return record
    }

    /// That one user may have at one time.
    public static let most = 250

    /// - Returns: the identities of those that make room for one more, the longest unused first; ninety at most.
    public static func surplus(_ sessions: [SessionRecord]) -> [String] {
        let surplus = sessions.count - most + 1
        guard surplus > 0 else { return [] }
        return sessions.sorted { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }.prefix(min(surplus, 90)).map(\.id)
    }

    public func info(of person: Person, settings: SecuritySettings) -> SessionInfo {
        SessionInfo(
            id: id, name: person.name, user: person.id, role: person.role, created: created, expires: expires,
            lastUsed: lastUsed, client: client, secondFactor: secondFactor,
            mustEnrolSecondFactor: mustEnrol(person, settings), language: language)
    }

    public func identity(of person: Person, settings: SecuritySettings, lackSecurityOfficer: Bool) -> UserIdentity {
        UserIdentity(
            name: person.name, role: person.role, kind: .session, id: person.id, session: id,
            secondFactor: secondFactor, mustEnrolSecondFactor: mustEnrol(person, settings),
            standsForSecurity: person.role == .administrator && lackSecurityOfficer, expires: expires,
            language: language)
    }

    private func mustEnrol(_ person: Person, _ settings: SecuritySettings) -> Bool {
        settings.requireSecondFactor && person.secondFactor == nil
    }
}
