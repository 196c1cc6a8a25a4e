import Primitives

/// Who may do what, as the API asks it of the cluster: part of `ClusterControl`, with the same rules.
public protocol AccessControl: Sendable {
    /// Must work on every node, from memory where possible, else from the store.
    /// - Returns: nil when the session is unknown, ended or expired.
    func authenticate(_ token: SessionToken) async throws -> UserIdentity?
    /// What a member says of a user whose request it passes on, looked at again where it is decided.
    /// - Returns: the user as it is now; nil when the session or token has ended.
    func confirm(_ user: UserIdentity) async throws -> UserIdentity?

    /// - Throws: `loginRefused`, `codeNeeded`, `tooManyAttempts`.
    func logIn(_ request: LoginRequest) async throws -> CreatedSession
    func logOut() async throws
    /// - Throws: `sessionNeeded`, `passwordWrong`, and what is wrong with the new one.
    func changePassword(_ change: PasswordChange) async throws
    func beginSecondFactor() async throws -> SecondFactorSecret
    /// - Throws: `codeRefused`.
    func confirmSecondFactor(_ code: SecondFactorCode) async throws -> RecoveryCodeList
    func removeSecondFactor(_ proof: PasswordProof) async throws

    /// Sorted by name.
    func users() async throws -> [UserInfo]
    func createUser(_ user: NewUser) async throws -> UserInfo
    /// - Throws: `lastAdministrator` when nobody would be left, `unknownUser`.
    func changeUser(_ id: String, _ change: UserChange) async throws -> UserInfo
    func removeUser(_ id: String) async throws
    func resetSecondFactor(of id: String) async throws
    /// Latest first.
    func sessions() async throws -> [SessionInfo]
    func endSession(_ id: String) async throws

    func security() async throws -> SecuritySettings
    func changeSecurity(_ settings: SecuritySettings) async throws -> SecuritySettings

    /// Keeps a note for the audit trail; it gets there by itself, also after a failover.
    func record(_ note: AuditNote) async
    /// - Parameter after: entries with a greater number, oldest first; nil: the latest ones, oldest first.
    func audit(after: Int64?, limit: Int) async throws -> [AuditEntry]
    func verifyAudit() async throws -> AuditReport
    /// A member's note, on the master.
    func append(_ note: AuditNote, from node: NodeID) async throws

    /// Oldest first.
    func approvals() async throws -> [ApprovalInfo]
    /// - Returns: the approval's identity when the request must wait; nil when it may be done now.
    func hold(_ request: HeldRequest) async throws -> String?
    /// Checks that the caller may approve.
    /// - Returns: what is to be done now.
    /// - Throws: `unknownApproval`, `ownApproval`, `forbidden`.
    func claimApproval(_ id: String) async throws -> HeldRequest
    /// It has been done.
    func closeApproval(_ id: String) async throws
    /// By whoever may approve, and by whoever asked.
    func rejectApproval(_ id: String) async throws
}
