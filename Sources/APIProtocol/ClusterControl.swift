import Primitives

/// What the API asks of the cluster. Every function throws `APIError`; anything else that is thrown is answered as
/// `internalError`. A function that needs the master throws `APIError.notMaster(url:peer:)` elsewhere: the API service
/// then passes the request on to the master. `Caller.current` says who asks.
public protocol ClusterControl: LicenseControl, AccessControl, SetupControl, NotificationControl, NodeCareControl,
    SupportControl, JobControl, IdempotencyControl, WebCertificateControl, MachineControl
{
    /// Answered from memory: asked hundreds of times a second.
    func health() async throws -> Health
    /// Answered from memory: asked hundreds of times a second.
    func master() async throws -> MasterAnswer
    func status() async throws -> ClusterStatus

    /// Validates, then starts; returns at once. Setup goes on in the background and over the daemon's restart.
    func setup(_ request: SetupRequest) async throws -> SetupStatus
    func setupStatus() async throws -> SetupStatus

    func nodes() async throws -> [NodeStatus]
    func pendingNodes() async throws -> [PendingNode]
    /// - Throws: `codeMismatch` when the code is not that of the node.
    func approve(_ node: NodeID, code: String) async throws
    func reject(_ node: NodeID) async throws
    func removeNode(_ node: NodeID) async throws
    /// - Parameter replacement: a waiting node or a spare.
    func replaceNode(_ dead: NodeID, by replacement: NodeID) async throws

    /// - Parameter request: already validated, with every value present.
    func createToken(_ request: JoinTokenRequest) async throws -> CreatedJoinToken
    func tokens() async throws -> [JoinTokenInfo]
    func revokeToken(_ id: String) async throws

    /// Returns when the new master serves.
    /// - Parameter target: a node's identity or name; nil lets the nodes decide.
    func switchMaster(to target: String?) async throws -> SwitchAnswer

    /// - Parameter after: events with a greater sequence, oldest first; nil: the latest ones, oldest first.
    func events(after: Int64?, limit: Int) async throws -> [ClusterEvent]
    /// Latest first.
    func failovers(limit: Int) async throws -> [Failover]

    func configuration() async throws -> ClusterConfiguration
    func changeConfiguration(_ change: ConfigurationChange) async throws -> ClusterConfiguration

    func createUserToken(_ request: UserTokenRequest) async throws -> CreatedUserToken
    func userTokens() async throws -> [UserTokenInfo]
    func revokeUserToken(_ id: String) async throws
    /// Must work on every node, from memory where possible.
    /// - Returns: nil when the token is unknown, revoked or expired.
    func authenticate(_ token: UserToken) async throws -> UserIdentity?

    /// - Parameter node: from the peer's certificate.
    func nodeHeartbeat(_ report: NodeReport, from node: NodeID) async throws -> HeartbeatAnswer
    /// - Parameter node: from the peer's certificate; the request must be for the same key.
    func renewCertificate(_ request: CertificateRequest, for node: NodeID) async throws -> CertificateAnswer
    /// The cluster's CA certificate, public. A node that joins compares its fingerprint with the token's before it
    /// sends anything secret.
    func authority() async throws -> AuthorityAnswer
    func joinRequest(_ request: JoinRequest) async throws -> JoinAnswer
}
