import APIProtocol

/// A request that waits for the approval of another user, as the store keeps it.
public struct ApprovalRecord: Codable, Equatable, Sendable {
    public var id: String
    public var request: HeldRequest
    /// Who asked: the name for people, and the identities that must not approve.
    public var by: String
    public var requesters: [String]
    public var at: Timestamp

    /// A day.
    public static let lifeMilliseconds: Int64 = 86_400_000
    /// That may wait at one time.
    public static let most = 100

    public init(id: String, request: HeldRequest, by user: UserIdentity, at now: Timestamp) {
        self.id = id
        self.request = request
        by = user.name
        // Who made the token and asks with it is no second pair of eyes.
        requesters = [user.id] + (user.owner.map { [$0] } ?? [])
        at = now
    }

    public var expires: Timestamp { Timestamp(milliseconds: at.milliseconds + Self.lifeMilliseconds) }

    public var info: ApprovalInfo {
        ApprovalInfo(id: id, action: request.action, target: request.target, by: by, at: at, expires: expires)
    }

    /// root needs no approval and may give it: it can do everything on its node anyway. Everybody else approves in
    /// person: a token could be the requester's own.
    ///
    /// - Throws: `unknownApproval` when its time is over, `sessionNeeded`, `forbidden`, `ownApproval`.
    public func checkApprover(_ caller: Caller, at now: Timestamp) throws(APIError) {
        guard now < expires else { throw APIError(.unknownApproval, ["approval": id]) }
        if caller.isRoot { return }
        guard let user = caller.identity, user.kind == .session else { throw APIError(.sessionNeeded) }
        guard user.role.mayApprove else {
            throw APIError(
                .forbidden,
                ["needed": UserRole.administrator.rawValue, "caller": user.name, "role": user.role.rawValue])
        }
        guard !requesters.contains(user.id) else { throw APIError(.ownApproval) }
    }

    /// Whoever asked may withdraw; whoever may approve may say no.
    ///
    /// - Throws: `forbidden`, `sessionNeeded`, `unknownApproval`.
    public func checkRejecter(_ caller: Caller, at now: Timestamp) throws(APIError) {
        if let user = caller.identity, requesters.contains(user.id) { return }
        try checkApprover(caller, at: now)
    }
}

extension SecuritySettings {
    /// Whether a request must wait for a second pair of eyes.
    ///
    /// - Parameter wished: the new settings, when the request is about them.
    public func mustHold(_ endpoint: Endpoint, wished: SecuritySettings?, by caller: Caller) -> Bool {
        guard fourEyes, endpoint.mayNeedApproval, !caller.isRoot else { return false }
        guard endpoint == .changeSecurity else { return true }
        return wished.map { !$0.fourEyes } ?? false
    }
}
