import APIProtocol
import MembershipCore
import Primitives
import Synchronization

/// A cluster that answers what it is told to and remembers who asked.
final class FakeControl: ClusterControl {
    static let node = NodeID("0123456789abcdef")!
    static let other = NodeID("1123456789abcdef")!
    static let stamp = Timestamp(milliseconds: 1_000)

    private let failure: APIError?
    let users: [String: UserIdentity]
    /// The approval that everything which may have to wait waits for.
    let holds: String?
    let noted = Mutex<[AuditNote]>([])
    let answers = FakeAnswers()
    private let log = Mutex<[String]>([])

    /// - Parameter failure: thrown by every function but health, master and authenticate.
    init(failure: APIError? = nil, users: [(String, UserIdentity)] = [], holds: String? = nil) {
        self.failure = failure
        self.users = Dictionary(users, uniquingKeysWith: { $1 })
        self.holds = holds
    }

    /// `CALLER: CALL`, in order.
    var calls: [String] { log.withLock { $0 } }

    var notes: [AuditNote] { noted.withLock { $0 } }

    func note(_ call: String) throws {
        log.withLock { $0.append("\(Caller.current): \(call)") }
        if let failure { throw failure }
    }

    static let status = ClusterStatus(
        clusterName: "demo", stage: .member,
        node: ThisNode(id: node, name: "n1", address: IPAddress("10.77.0.11")!),
        master: MasterStatus(node: node, name: "n1", epoch: "1.7", since: stamp, url: "https://10.77.0.11"),
        vip: VIPStatus(addresses: [Subnet("10.77.0.50/24")!], holder: node, url: "https://10.77.0.50"), nodes: [],
        etcd: EtcdStatus(healthy: true, members: 1, inStep: 1, leader: node, alarms: []),
        profile: ProfileStatus(
            chosen: .auto, active: .fast, renewMilliseconds: 50, fenceMilliseconds: 250, takeMilliseconds: 500))

    func health() async throws -> Health {
        Health(healthy: failure == nil, stage: .member, isMaster: true, problems: failure.map { [$0.message] } ?? [])
    }
    func master() async throws -> MasterAnswer {
        MasterAnswer(node: Self.node, name: "n1", epoch: "1.7", isSelf: true, master: Self.node)
    }
    func status() async throws -> ClusterStatus {
        try note("status")
        return Self.status
    }
    func setup(_ request: SetupRequest) async throws -> SetupStatus {
        try note("setup" + (request.cluster?.license.map { " \($0)" } ?? ""))
        return SetupStatus(stage: .joining, finished: false, phases: [])
    }
    func setupStatus() async throws -> SetupStatus {
        try note("setupStatus")
        return SetupStatus(stage: .member, finished: true, phases: [])
    }
    func nodes() async throws -> [NodeStatus] {
        try note("nodes")
        return []
    }
    func pendingNodes() async throws -> [PendingNode] {
        try note("pendingNodes")
        return []
    }
    func approve(_ node: NodeID, code: String) async throws { try note("approve \(node) \(code)") }
    func reject(_ node: NodeID) async throws { try note("reject \(node)") }
    func removeNode(_ node: NodeID) async throws { try note("removeNode \(node)") }
    func replaceNode(_ dead: NodeID, by replacement: NodeID) async throws {
        try note("replaceNode \(dead) \(replacement)")
    }
    func createToken(_ request: JoinTokenRequest) async throws -> CreatedJoinToken {
        try note("createToken \(request.ttlSeconds ?? 0) \(request.uses ?? 0)")
        return CreatedJoinToken(
            token: "kj1.x",
            info: JoinTokenInfo(id: "x", role: .voter, expires: Self.stamp, usesLeft: 1, revoked: false))
    }
    func tokens() async throws -> [JoinTokenInfo] {
        try note("tokens")
        return []
    }
    func revokeToken(_ id: String) async throws { try note("revokeToken \(id)") }
    func switchMaster(to target: String?) async throws -> SwitchAnswer {
        try note("switchMaster \(target ?? "-")")
        return SwitchAnswer(from: Self.node, to: Self.other, epoch: "1.8", milliseconds: 12)
    }
    func events(after: Int64?, limit: Int) async throws -> [ClusterEvent] {
        try note("events \(after.map(String.init) ?? "-") \(limit)")
        return []
    }
    func failovers(limit: Int) async throws -> [Failover] {
        try note("failovers \(limit)")
        return []
    }
    func configuration() async throws -> ClusterConfiguration {
        try note("configuration")
        return ClusterConfiguration(vip: [], profile: .auto)
    }
    func changeConfiguration(_ change: ConfigurationChange) async throws -> ClusterConfiguration {
        try note("changeConfiguration")
        return ClusterConfiguration(vip: change.vip ?? [], profile: change.profile ?? .auto)
    }
    func createUserToken(_ request: UserTokenRequest) async throws -> CreatedUserToken {
        try note("createUserToken \(request.name)")
        return CreatedUserToken(
            token: "ku1.x",
            info: UserTokenInfo(id: "x", name: request.name, role: request.role, created: Self.stamp))
    }
    func userTokens() async throws -> [UserTokenInfo] {
        try note("userTokens")
        return []
    }
    func revokeUserToken(_ id: String) async throws { try note("revokeUserToken \(id)") }
    func authenticate(_ token: UserToken) async throws -> UserIdentity? { users[token.text] }
    func nodeHeartbeat(_ report: NodeReport, from node: NodeID) async throws -> HeartbeatAnswer {
        try note("nodeHeartbeat \(node)")
        return HeartbeatAnswer(master: Self.node, epoch: "1.7", receivedAt: Self.stamp, raft: nil)
    }
    func renewCertificate(_ request: CertificateRequest, for node: NodeID) async throws -> CertificateAnswer {
        try note("renewCertificate \(node)")
        return CertificateAnswer(certificate: "", authority: "")
    }
    func authority() async throws -> AuthorityAnswer {
        try note("authority")
        return AuthorityAnswer(authority: "")
    }
    func joinRequest(_ request: JoinRequest) async throws -> JoinAnswer {
        try note("joinRequest \(request.name)")
        return JoinAnswer(pending: JoinPending(code: "123456"))
    }
}

extension FakeControl {
    static let license = LicenseInfo(
        id: "L-1", customer: "Anna", kind: .perpetual, issued: stamp, validFrom: stamp, expires: nil, graceDays: 30,
        limits: LicenseLimits(nodes: 3), features: [], boundNodes: 2)
    static let licenseStatus = LicenseStatus(
        installed: true, license: license, keyID: "00", phase: .valid, allowsAdditions: true,
        usage: LicenseUsage(nodes: 3, hosts: 0, tebibytes: 0), validatorAnswers: true)

    func license() async throws -> LicenseStatus {
        try note("license")
        return Self.licenseStatus
    }
    func installLicense(_ text: String) async throws -> LicenseStatus {
        try note("installLicense \(text.utf8.count)")
        return Self.licenseStatus
    }
    func removeLicense() async throws { try note("removeLicense") }
    func inspectLicense(_ text: String) async throws -> LicenseInspection {
        try note("inspectLicense \(text.utf8.count)")
        return LicenseInspection(
            license: Self.license, keyID: "00", phase: .valid, until: nil, warnings: [], allowsAdditions: true,
            refusal: nil)
    }
    func licenseRequest() async throws -> String {
        try note("licenseRequest")
        return "{}\n"
    }
}

/// Tokens and sessions of all roles.
enum Users {
    static func token(_ role: UserRole) -> UserToken {
        let number = UInt8(UserRole.allCases.firstIndex(of: role)!)
        return UserToken(idBytes: [0, 0, 0, number], secretBytes: Array(repeating: number, count: 16))
    }

    static func session(_ role: UserRole) -> SessionToken {
        let number = UInt8(UserRole.allCases.firstIndex(of: role)!)
        return SessionToken(
            idBytes: [0, 0, 0, 0, 0, 0, 0, number], secretBytes: Array(repeating: number, count: 16))
    }

    static let all: [(String, UserIdentity)] = UserRole.allCases.flatMap { role in
        [
            (token(role).text, UserIdentity(name: "a-\(role.rawValue)", role: role, id: "token")),
            (
                session(role).text,
                UserIdentity(
                    name: "s-\(role.rawValue)", role: role, kind: .session, id: "person-\(role.rawValue)",
                    session: session(role).id)
            ),
        ]
    }
}
