import Primitives

/// What one request was, before it is chained: made where the request was answered, never with a secret in it.
public struct AuditNote: Codable, Equatable, Sendable {
    /// Chosen by chance where it was made: a note that is delivered twice is written once.
    public var id: String
    public var at: Timestamp
    /// The user's name; `root on NODE`; `unknown user` for a login with a name that nobody has.
    public var who: String
    /// nil for root and for who is not known.
    public var role: UserRole?
    /// nil when it came over a socket.
    public var client: String?
    /// `Endpoint.action`.
    public var action: String
    /// The identity in the path; empty where there is none.
    public var target: String
    /// `done`, `held` when it waits for approval, or the code of the error.
    public var outcome: String
    public var parameters: [String: String]

    public init(
        id: String, at: Timestamp, who: String, role: UserRole?, client: String?, action: String, target: String,
        outcome: String, parameters: [String: String]
    ) {
        self.id = id
        self.at = at
        self.who = who
        self.role = role
        self.client = client
        self.action = action
        self.target = target
        self.outcome = outcome
        self.parameters = parameters
    }

    public static let done = "done"
    public static let held = "held"
}

/// One line of the audit trail.
public struct AuditEntry: Codable, Equatable, Sendable {
    /// From 1 on, without a gap.
    public var number: Int64
    public var at: Timestamp
    public var who: String
    public var role: UserRole?
    public var client: String?
    public var action: String
    public var target: String
    public var outcome: String
    public var parameters: [String: String]
    /// Of the entry before; 64 zeros for the first.
    public var previousHash: String
    /// SHA-256 over all of the above, 64 hexadecimal digits; `AuditChain.digest` says over which bytes.
    public var hash: String

    public init(number: Int64, note: AuditNote, previousHash: String, hash: String) {
        self.number = number
        at = note.at
        who = note.who
        role = note.role
        client = note.client
        action = note.action
        target = note.target
        outcome = note.outcome
        parameters = note.parameters
        self.previousHash = previousHash
        self.hash = hash
    }
}

/// Whether the audit trail is as it was written.
public struct AuditReport: Codable, Equatable, Sendable {
    public enum Reason: String, Codable, Sendable, CaseIterable {
        /// An entry's content does not fit its hash.
        case changed
        /// An entry is not there.
        case missing
        /// An entry stands where it was not written.
        case reordered
        /// There is more than was written.
        case inserted
        /// An entry does not continue the one before: that one, or this one, was written anew.
        case broken
    }

    /// How many entries are kept.
    public var entries: Int
    public var intact: Bool
    /// The first number at which something is wrong.
    public var firstBroken: Int64?
    public var reason: Reason?

    public init(entries: Int, intact: Bool, firstBroken: Int64? = nil, reason: Reason? = nil) {
        self.entries = entries
        self.intact = intact
        self.firstBroken = firstBroken
        self.reason = reason
    }
}

extension AuditNote: Validatable {
    public func validate() throws(APIError) {
        for (field, text) in [("id", id), ("who", who), ("action", action), ("outcome", outcome), ("target", target)] {
            try Rule.text(text, 0...256, field)
        }
        guard parameters.count <= 32, parameters.allSatisfy({ $0.key.utf8.count <= 64 && $0.value.utf8.count <= 256 })
        else {
            throw .invalid("parameters", "must be at most 32 short texts")
        }
    }
}

/// What of a request's body goes into the audit trail: known members only, so that a secret cannot get in by being new.
public enum AuditParameters {
    /// Names whose values are no secrets. An endpoint with others adds them here.
    public static let recorded: Set<String> = [
        "name", "role", "disabled", "to", "by", "vip", "gateway", "profile", "ttlSeconds", "uses", "groups",
        "fourEyes", "requireSecondFactor", "sessionMinutes", "idleMinutes", "nodes", "minutes", "dns", "ntp",
        "timeZone", "language", "level", "lagTargetSeconds", "retentionSeconds", "hold", "text", "at", "bookmark",
        "generation", "sequence", "writable", "deleteData",
    ]

    private static let longest = 200

    /// - Returns: of a JSON object its known members that are scalars or lists of scalars, nothing of anything else.
    public static func read(_ body: [UInt8]) -> [String: String] {
        guard !body.isEmpty else { return [:] }
        let value: JSONValue
        do { value = try JSONParser.parse(body) } catch { return [:] }  // Not JSON: refused, so nothing was done.
        guard case .object(let members) = value else { return [:] }
        var parameters: [String: String] = [:]
        for member in members where recorded.contains(member.key) {
            if let text = text(member.value) { parameters[member.key] = String(text.prefix(longest)) }
        }
        return parameters
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .bool(let bool): "\(bool)"
        case .number(let number): number
        case .string(let text): text
        case .array(let items): items.compactMap(text).joined(separator: ", ")
        case .null, .object: nil
        }
    }
}
