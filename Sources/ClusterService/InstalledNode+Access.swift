import APIProtocol
import Logging
import Primitives

/// Users belong to a cluster. root on the node, who sets it up, needs none of this.
extension InstalledNode: AccessControl {
    func authenticate(_ token: SessionToken) async throws -> UserIdentity? { nil }
    func confirm(_ user: UserIdentity) async throws -> UserIdentity? { nil }

    func logIn(_ request: LoginRequest) async throws -> CreatedSession { throw notSetUp }
    func logOut() async throws { throw notSetUp }
    func changePassword(_ change: PasswordChange) async throws { throw notSetUp }
    func beginSecondFactor() async throws -> SecondFactorSecret { throw notSetUp }
    func confirmSecondFactor(_ code: SecondFactorCode) async throws -> RecoveryCodeList { throw notSetUp }
    func removeSecondFactor(_ proof: PasswordProof) async throws { throw notSetUp }
    func users() async throws -> [UserInfo] { throw notSetUp }
    func createUser(_ user: NewUser) async throws -> UserInfo { throw notSetUp }
    func changeUser(_ id: String, _ change: UserChange) async throws -> UserInfo { throw notSetUp }
    func removeUser(_ id: String) async throws { throw notSetUp }
    func resetSecondFactor(of id: String) async throws { throw notSetUp }
    func sessions() async throws -> [SessionInfo] { throw notSetUp }
    func endSession(_ id: String) async throws { throw notSetUp }
    func security() async throws -> SecuritySettings { throw notSetUp }
    func changeSecurity(_ settings: SecuritySettings) async throws -> SecuritySettings { throw notSetUp }
    func audit(after: Int64?, limit: Int) async throws -> [AuditEntry] { throw notSetUp }
    func verifyAudit() async throws -> AuditReport { throw notSetUp }
    func append(_ note: AuditNote, from node: NodeID) async throws { throw notSetUp }
    func approvals() async throws -> [ApprovalInfo] { throw notSetUp }
    func claimApproval(_ id: String) async throws -> HeldRequest { throw notSetUp }
    func closeApproval(_ id: String) async throws { throw notSetUp }
    func rejectApproval(_ id: String) async throws { throw notSetUp }

    /// The trail begins with the cluster: what root does before is in the log.
    func record(_ note: AuditNote) async { logger.notice("\(note.who): \(note.action): \(note.outcome)") }

    func hold(_ request: HeldRequest) async throws -> String? { nil }
}
