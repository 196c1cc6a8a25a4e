/// A request that waits until another user has seen it.
public struct ApprovalInfo: Codable, Equatable, Sendable {
    public var id: String
    /// `Endpoint.action`.
    public var action: String
    /// The identity in the path; empty where there is none.
    public var target: String
    /// Who asked.
    public var by: String
    public var at: Timestamp
    /// Nobody can approve it afterwards.
    public var expires: Timestamp

    public init(id: String, action: String, target: String, by: String, at: Timestamp, expires: Timestamp) {
        self.id = id
        self.action = action
        self.target = target
        self.by = by
        self.at = at
        self.expires = expires
    }
}

/// The answer, with status 202, to a request that waits for approval.
public struct HeldAnswer: Codable, Equatable, Sendable {
    /// The approval's identity.
    public var approval: String

    public init(approval: String) { self.approval = approval }
}

/// A request that may have to wait, as it came.
public struct HeldRequest: Codable, Equatable, Sendable {
    /// `Endpoint.action`.
    public var action: String
    public var target: String
    /// The JSON text; empty without a body.
    public var body: String

    public init(action: String, target: String, body: String) {
        self.action = action
        self.target = target
        self.body = body
    }
}
