import Primitives

/// Logs in.
public struct LoginRequest: Codable, Equatable, Sendable {
    public var name: String
    public var password: String
    /// Six digits of the authenticator, or one of the recovery codes; needed once a second factor is set up.
    public var code: String?
    /// `en` or `zh`: what the session's pages are written in.
    public var language: String?

    public init(name: String, password: String, code: String? = nil, language: String? = nil) {
        self.name = name
        self.password = password
        self.code = code
        self.language = language
    }
}

/// A new session with its secret, which is shown this once.
public struct CreatedSession: Codable, Equatable, Sendable {
    /// Sent as `Authorization: Bearer TOKEN`.
    public var token: String
    public var session: SessionInfo

    public init(token: String, session: SessionInfo) {
        self.token = token
        self.session = session
    }
}

/// A session without its secret.
public struct SessionInfo: Codable, Equatable, Sendable {
    public var id: String
    /// The user's name and identity.
    public var name: String
    public var user: String
    public var role: UserRole
    public var created: Timestamp
    public var expires: Timestamp
    /// Written at most once a minute.
    public var lastUsed: Timestamp
    /// Where it was made from; nil when it is not known.
    public var client: String?
    public var secondFactor: Bool
    public var mustEnrolSecondFactor: Bool
    public var language: String?

    public init(
        id: String, name: String, user: String, role: UserRole, created: Timestamp, expires: Timestamp,
        lastUsed: Timestamp, client: String?, secondFactor: Bool, mustEnrolSecondFactor: Bool, language: String?
    ) {
        self.id = id
        self.name = name
        self.user = user
        self.role = role
        self.created = created
        self.expires = expires
        self.lastUsed = lastUsed
        self.client = client
        self.secondFactor = secondFactor
        self.mustEnrolSecondFactor = mustEnrolSecondFactor
        self.language = language
    }
}

/// Who asks: the answer to `GET /v1/session`.
public struct WhoAmI: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case session, token, local
    }

    public var name: String
    /// root on a node counts as administrator.
    public var role: UserRole
    public var kind: Kind
    public var expires: Timestamp?
    public var secondFactor: Bool
    /// While true only `/v1/session…` is allowed.
    public var mustEnrolSecondFactor: Bool
    public var language: String?
    /// The user's identity, or the API token's.
    public var id: String?
    /// Whether users and sessions may be managed: a security officer, root, or an administrator while there is no
    /// security officer.
    public var managesUsers: Bool

    public init(
        name: String, role: UserRole, kind: Kind, expires: Timestamp? = nil, secondFactor: Bool,
        mustEnrolSecondFactor: Bool, language: String? = nil, id: String? = nil, managesUsers: Bool
    ) {
        self.name = name
        self.role = role
        self.kind = kind
        self.expires = expires
        self.secondFactor = secondFactor
        self.mustEnrolSecondFactor = mustEnrolSecondFactor
        self.language = language
        self.id = id
        self.managesUsers = managesUsers
    }

    /// - Returns: nil for another member and for nobody.
    public init?(_ caller: Caller) {
        if caller.isRoot {
            self.init(
                name: "root", role: .administrator, kind: .local, secondFactor: false, mustEnrolSecondFactor: false,
                managesUsers: true)
        } else if let user = caller.identity {
            self.init(
                name: user.name, role: user.role, kind: user.kind == .session ? .session : .token,
                expires: user.expires, secondFactor: user.secondFactor,
                mustEnrolSecondFactor: user.mustEnrolSecondFactor, language: user.language, id: user.id,
                managesUsers: user.role.may(.security) || user.standsForSecurity)
        } else {
            return nil
        }
    }
}

/// Changes one's own password.
public struct PasswordChange: Codable, Equatable, Sendable {
    public var old: String
    public var new: String

    public init(old: String, new: String) {
        self.old = old
        self.new = new
    }
}

/// A new secret for an authenticator; it counts once it is confirmed with a code.
public struct SecondFactorSecret: Codable, Equatable, Sendable {
    /// Base32 (RFC 4648), 32 characters.
    public var secret: String
    /// `otpauth://totp/…`, to be shown as a QR code.
    public var uri: String

    public init(secret: String, uri: String) {
        self.secret = secret
        self.uri = uri
    }
}

/// Six digits of the authenticator that has just got the secret.
public struct SecondFactorCode: Codable, Equatable, Sendable {
    public var code: String

    public init(code: String) { self.code = code }
}

/// Ten codes, each good once in place of the authenticator; shown this once.
public struct RecoveryCodeList: Codable, Equatable, Sendable {
    public var recoveryCodes: [String]

    public init(recoveryCodes: [String]) { self.recoveryCodes = recoveryCodes }
}

/// One's own password, asked again before something is given up.
public struct PasswordProof: Codable, Equatable, Sendable {
    public var password: String

    public init(password: String) { self.password = password }
}

extension LoginRequest: Validatable {
    /// Only sizes: what is wrong otherwise is a refused login like every other.
    public func validate() throws(APIError) {
        try Rule.text(name, 1...256, "name")
        try Rule.text(password, 1...1_024, "password")
        if let code { try Rule.text(code, 1...64, "code") }
        if let language, language != "en", language != "zh" { throw .invalid("language", "must be en or zh") }
    }
}

extension PasswordChange: Validatable {
    /// The new one is checked against the user's name where that is known.
    public func validate() throws(APIError) {
        try Rule.text(old, 1...1_024, "old")
        try Rule.password(new, name: "", "new")
    }
}

extension SecondFactorCode: Validatable {
    public func validate() throws(APIError) {
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .invalid("code", "must be six digits")
        }
    }
}

extension PasswordProof: Validatable {
    public func validate() throws(APIError) { try Rule.text(password, 1...1_024, "password") }
}

extension Rule {
    static func text(_ text: String, _ bytes: ClosedRange<Int>, _ field: String) throws(APIError) {
        guard bytes.contains(text.utf8.count) else {
            throw .invalid(field, "must be \(bytes.lowerBound) to \(bytes.upperBound) bytes")
        }
    }

    /// - Throws: `passwordTooShort`, `passwordTooLong`, `passwordIsName`, `passwordTooCommon`.
    public static func password(_ password: String, name: String, _ field: String) throws(APIError) {
        switch PasswordRules.problem(password, name: name) {
        case nil: return
        case .tooShort:
            throw APIError(.passwordTooShort, field: field, ["least": "\(PasswordRules.length.lowerBound)"])
        case .tooLong:
            throw APIError(.passwordTooLong, field: field, ["most": "\(PasswordRules.length.upperBound)"])
        case .isName: throw APIError(.passwordIsName, field: field)
        case .tooCommon: throw APIError(.passwordTooCommon, field: field)
        }
    }
}
