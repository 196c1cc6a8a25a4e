import APIProtocol
import ConfigurationCore
import NIOConcurrencyHelpers
import Primitives

/// Everything but setup needs a cluster.
extension InstalledNode: ClusterControl {
    func health() async throws -> Health {
        Health(
            healthy: true, stage: state.withLockedValue { $0.isRunning } ? .joining : .installed, isMaster: false,
            problems: [])
    }

    func master() async throws -> MasterAnswer {
        MasterAnswer(node: nil, name: configuration.name, epoch: "0.0", isSelf: false)
    }

    func status() async throws -> ClusterStatus {
        ClusterStatus(
            clusterName: nil, stage: try await health().stage,
            node: ThisNode(id: nil, name: configuration.name, address: configuration.address.address), master: nil,
            vip: VIPStatus(addresses: [], holder: nil), nodes: [],
            etcd: EtcdStatus(healthy: false, members: 0, inStep: 0, leader: nil, alarms: []),
            profile: ProfileStatus(
                chosen: .auto, active: .calm, renewMilliseconds: 0, fenceMilliseconds: 0, takeMilliseconds: 0))
    }

    func authenticate(_ token: UserToken) async throws -> UserIdentity? { nil }

    func nodes() async throws -> [NodeStatus] { throw notSetUp }
    func pendingNodes() async throws -> [PendingNode] { throw notSetUp }
    func approve(_ node: NodeID, code: String) async throws { throw notSetUp }
    func reject(_ node: NodeID) async throws { throw notSetUp }
    func removeNode(_ node: NodeID) async throws { throw notSetUp }
    func replaceNode(_ dead: NodeID, by replacement: NodeID) async throws { throw notSetUp }
    func createToken(_ request: JoinTokenRequest) async throws -> CreatedJoinToken { throw notSetUp }
    func tokens() async throws -> [JoinTokenInfo] { throw notSetUp }
    func revokeToken(_ id: String) async throws { throw notSetUp }
    func switchMaster(to target: String?) async throws -> SwitchAnswer { throw notSetUp }
    func events(after: Int64?, limit: Int) async throws -> [ClusterEvent] { throw notSetUp }
    func failovers(limit: Int) async throws -> [Failover] { throw notSetUp }
    func configuration() async throws -> ClusterConfiguration { throw notSetUp }
    func changeConfiguration(_ change: ConfigurationChange) async throws -> ClusterConfiguration { throw notSetUp }
    func createUserToken(_ request: UserTokenRequest) async throws -> CreatedUserToken { throw notSetUp }
    func userTokens() async throws -> [UserTokenInfo] { throw notSetUp }
    func revokeUserToken(_ id: String) async throws { throw notSetUp }
    func nodeHeartbeat(_ report: NodeReport, from node: NodeID) async throws -> HeartbeatAnswer { throw notSetUp }
    func renewCertificate(_ request: CertificateRequest, for node: NodeID) async throws -> CertificateAnswer {
        throw notSetUp
    }
    func authority() async throws -> AuthorityAnswer { throw notSetUp }
    func joinRequest(_ request: JoinRequest) async throws -> JoinAnswer { throw notSetUp }

    var notSetUp: APIError { APIError(.notSetUp) }
}
