import APIProtocol
import Primitives
import Synchronization

/// The part about users: as dull as the rest, and it remembers what was asked.
extension FakeControl {
    static let user = UserInfo(
        id: "0a1b2c3d4e5f6071", name: "anna", role: .operator, disabled: false, secondFactor: false, created: stamp)
    static let session = SessionInfo(
        id: "0011223344556677", name: "anna", user: user.id, role: .operator, created: stamp, expires: stamp,
        lastUsed: stamp, client: nil, secondFactor: false, mustEnrolSecondFactor: false, language: nil)

    func authenticate(_ token: SessionToken) async throws -> UserIdentity? { users[token.text] }
    func confirm(_ user: UserIdentity) async throws -> UserIdentity? {
        users.values.first { $0.name == user.name && $0.session == user.session }
    }

    func logIn(_ request: LoginRequest) async throws -> CreatedSession {
        try note("logIn \(request.name)")
        guard request.password == "a long enough phrase" else { throw APIError(.loginRefused) }
        return CreatedSession(
            token: SessionToken(idBytes: Array(0..<8), secretBytes: Array(0..<16)).text, session: Self.session)
    }
    func logOut() async throws { try note("logOut") }
    func changePassword(_ change: PasswordChange) async throws { try note("changePassword") }
    func beginSecondFactor() async throws -> SecondFactorSecret {
        try note("beginSecondFactor")
        return SecondFactorSecret(secret: "PLANTEDSECRET", uri: "otpauth://totp/x")
    }
    func confirmSecondFactor(_ code: SecondFactorCode) async throws -> RecoveryCodeList {
        try note("confirmSecondFactor")
        return RecoveryCodeList(recoveryCodes: [])
    }
    func removeSecondFactor(_ proof: PasswordProof) async throws { try note("removeSecondFactor") }
    func users() async throws -> [UserInfo] {
        try note("users")
        return [Self.user]
    }
    func createUser(_ user: NewUser) async throws -> UserInfo {
        try note("createUser \(user.name) \(user.role)")
        return Self.user
    }
    func changeUser(_ id: String, _ change: UserChange) async throws -> UserInfo {
        try note("changeUser \(id)")
        return Self.user
    }
    func removeUser(_ id: String) async throws { try note("removeUser \(id)") }
    func resetSecondFactor(of id: String) async throws { try note("resetSecondFactor \(id)") }
    func sessions() async throws -> [SessionInfo] {
        try note("sessions")
        return [Self.session]
    }
    func endSession(_ id: String) async throws { try note("endSession \(id)") }
    func security() async throws -> SecuritySettings {
        try note("security")
        return SecuritySettings()
    }
    func changeSecurity(_ settings: SecuritySettings) async throws -> SecuritySettings {
        try note("changeSecurity \(settings.fourEyes)")
        return settings
    }
    func record(_ note: AuditNote) async { noted.withLock { $0.append(note) } }
    func audit(after: Int64?, limit: Int) async throws -> [AuditEntry] {
        try note("audit \(after.map(String.init) ?? "-") \(limit)")
        let written = AuditNote(
            id: "1", at: Self.stamp, who: "anna", role: nil, client: nil, action: "a", target: "", outcome: "done",
            parameters: [:])
        return [1, 2].map { AuditEntry(number: $0, note: written, previousHash: "", hash: "") }
    }
    func verifyAudit() async throws -> AuditReport {
        try note("verifyAudit")
        return AuditReport(entries: 1, intact: true)
    }
    func append(_ note: AuditNote, from node: NodeID) async throws { try self.note("append \(node)") }
    func approvals() async throws -> [ApprovalInfo] {
        try note("approvals")
        return []
    }
    func hold(_ request: HeldRequest) async throws -> String? {
        guard let held = holds else { return nil }
        try note("hold \(request.action) \(request.target)")
        return held
    }
    func claimApproval(_ id: String) async throws -> HeldRequest {
        try note("claimApproval \(id)")
        return HeldRequest(action: Endpoint.removeUser.action, target: Self.user.id, body: "")
    }
    func closeApproval(_ id: String) async throws { try note("closeApproval \(id)") }
    func rejectApproval(_ id: String) async throws { try note("rejectApproval \(id)") }
}
