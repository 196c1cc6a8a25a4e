extension Endpoint {
    public static let createSession = Endpoint(.post, "/v1/sessions", .open)
    public static let session = Endpoint(.get, "/v1/session", .user(.viewer))
    public static let endSession = Endpoint(.delete, "/v1/session", .user(.viewer))
    public static let changePassword = Endpoint(.put, "/v1/session/password", .user(.viewer))
    public static let beginSecondFactor = Endpoint(.post, "/v1/session/totp", .user(.viewer))
    public static let confirmSecondFactor = Endpoint(.put, "/v1/session/totp", .user(.viewer))
    public static let removeSecondFactor = Endpoint(.delete, "/v1/session/totp", .user(.viewer))

    public static let users = Endpoint(.get, "/v1/users", .user(.security))
    public static let createUser = Endpoint(.post, "/v1/users", .user(.security))
    public static let changeUser = Endpoint(.put, "/v1/users/{id}", .user(.security))
    public static let removeUser = Endpoint(.delete, "/v1/users/{id}", .user(.security))
    public static let resetSecondFactor = Endpoint(.delete, "/v1/users/{id}/totp", .user(.security))
    public static let sessions = Endpoint(.get, "/v1/sessions", .user(.security))
    public static let endOtherSession = Endpoint(.delete, "/v1/sessions/{id}", .user(.security))

    public static let audit = Endpoint(.get, "/v1/audit", .user(.security))
    public static let exportAudit = Endpoint(.get, "/v1/audit/export", .user(.security))
    public static let verifyAudit = Endpoint(.get, "/v1/audit/verify", .user(.security))

    /// Who may approve is decided by the role and by who asked, not by the level.
    public static let approvals = Endpoint(.get, "/v1/approvals", .user(.viewer))
    public static let approveRequest = Endpoint(.post, "/v1/approvals/{id}/approve", .user(.viewer))
    public static let rejectRequest = Endpoint(.post, "/v1/approvals/{id}/reject", .user(.viewer))

    public static let security = Endpoint(.get, "/v1/security", .user(.viewer))
    public static let changeSecurity = Endpoint(.put, "/v1/security", .user(.security))

    /// What a member has to tell the audit trail, which the master keeps.
    public static let nodeAudit = Endpoint(.post, "/v1/node/audit", .node)

    static let access: [Endpoint] = [
        createSession, session, endSession, changePassword, beginSecondFactor, confirmSecondFactor,
        removeSecondFactor, users, createUser, changeUser, removeUser, resetSecondFactor, sessions, endOtherSession,
        audit, exportAudit, verifyAudit, approvals, approveRequest, rejectRequest, security, changeSecurity, nodeAudit,
    ]
}

extension Endpoint {
    /// As it stands in the audit trail: `DELETE /v1/nodes/{id}`.
    public var action: String { "\(method.rawValue) \(path)" }

    /// Whether its use goes into the audit trail: all that changes something, and every login.
    public var isAudited: Bool {
        if self == .createSession { return true }
        guard method != .get, self != .inspectLicense, self != .setupChecks, case .user = access else { return false }
        return true
    }

    /// What destroys: with four eyes it waits until another user approves. `changeSecurity` does only when it would
    /// switch four eyes off.
    public var mayNeedApproval: Bool {
        [.removeNode, .removeUser, .removeLicense, .changeSecurity, .unprotect, .releaseBookmark].contains(self)
    }
}
