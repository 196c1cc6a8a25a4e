import APIProtocol
import Etcd
import MembershipCore
import Primitives

/// A member of etcd, matched to a node by its peer address: a member that never started has no name yet.
struct StoreMember: Sendable {
    let id: EtcdMember.ID
    let address: IPAddress?
    let name: String
    let isLearner: Bool

    init(_ member: EtcdMember) {
        id = member.id
        address = member.peerURLs.lazy.compactMap { EtcdEndpoint(url: $0)?.address }.first
        name = member.name
        isLearner = member.isLearner
    }

    /// Names are node identities; for one that never started the address tells.
    func node(among nodes: [NodeRecord]) -> NodeID {
        if let named = NodeID(name) { return named }
        return nodes.first { $0.address == address }?.id ?? .nobody
    }

    func peer(among nodes: [NodeRecord]) -> LocalMembership.Peer? {
        let id = node(among: nodes)
        return nodes.first { $0.id == id }?.peer
    }
}

extension NodeID {
    /// Stands for a member whose node is not known; no key has this digest.
    static let nobody: NodeID = {
        guard let id = NodeID("0000000000000000") else { preconditionFailure("sixteen zeros are a node identity") }
        return id
    }()
}

extension ClusterStore {
    static let peerPort: UInt16 = 2380

    func members() async throws -> [StoreMember] {
        try await etcd.members(timeout: Self.patience).map(StoreMember.init)
    }

    /// - Throws: `EtcdError` with `unhealthyCluster` until the peers have been connected for five seconds.
    func addLearner(_ address: IPAddress) async throws {
        let url = EtcdEndpoint(address: address, port: Self.peerPort).url
        _ = try await etcd.addLearner(peerURLs: [url], timeout: Self.patience)
    }

    func promote(_ member: StoreMember) async throws { try await etcd.promote(member.id, timeout: Self.patience) }

    func remove(_ member: StoreMember) async throws { try await etcd.remove(member.id, timeout: Self.patience) }

    /// Moves the raft leader to the member at this address, if it is elsewhere.
    func placeLeader(at address: IPAddress) async throws {
        let status = try await etcd.status(of: EtcdEndpoint(address: address), timeout: Self.patience)
        guard !status.isLeader, !status.isLearner, status.leader != nil else { return }
        try await etcd.moveLeader(to: status.member, timeout: Self.patience)
    }

    /// Whether the member on this machine only learns yet; true as well while it does not answer.
    func isLocalLearner() async -> Bool {
        do {
            return try await etcd.status(of: .loopback, timeout: .seconds(1)).isLearner
        } catch {
            return true
        }
    }

    /// Everything that a node keeps in memory of the store.
    /// - Parameter isMaster: the master also asks every member how it is.
    func view(isMaster: Bool, now: Instant) async throws -> ClusterView {
        var view = ClusterView()
        let all = try await etcd.transaction(
            Transaction(then: [
                .get(.prefix(ClusterKeys.nodes)), .get(.key(ClusterKeys.settings)), .get(.key(ClusterKeys.profile)),
                .get(.prefix(ClusterKeys.userTokens)), .get(.prefix(ClusterKeys.failovers)),
                .get(.key(ClusterKeys.web)), .get(.prefix(ClusterKeys.machines)),
                .get(.prefix(ClusterKeys.forgotten)), .get(.key(ClusterKeys.master)), .get(.key(ClusterKeys.gate)),
            ]), timeout: Self.patience)
        let found = all.results.map(\.keys)
        view.nodes = try found[0].map { try Stored<NodeRecord>($0).value }.sorted { $0.joined < $1.joined }
        view.settings = try found[1].first.map { try Stored($0).value }
        view.profile = try found[2].first.map { try Stored($0).value }
        view.userTokens = try found[3].map { try Stored($0).value }
        view.lastFailover = try found[4].last.map { try Stored($0).value }
        view.web = try found[5].first.map { try Stored($0).value }
        view.machines = try found[6].map { try Stored($0).value }
        view.isForgetting = !found[7].isEmpty
        view.master = try EtcdMasterKey.observation(all.results[8...])
        view.etcd = try await health(among: view.nodes, isMaster: isMaster)
        view.readAt = now
        return view
    }

    private func health(among nodes: [NodeRecord], isMaster: Bool) async throws -> APIProtocol.EtcdStatus {
        let members = try await etcd.members(timeout: Self.patience)
        guard isMaster else {
            return .init(healthy: true, members: members.count, inStep: members.count, leader: nil, alarms: [])
        }
        var statuses: [Etcd.EtcdStatus] = []
        for member in members {
            guard
                let endpoint = member.clientURLs.lazy.compactMap(EtcdEndpoint.init(url:)).first(where: {
                    $0.address != EtcdEndpoint.loopback.address
                })
            else { continue }
            do {
                statuses.append(try await etcd.status(of: endpoint, timeout: .milliseconds(500)))
            } catch {
                continue  // what does not answer is not in step: that is the answer
            }
        }
        let alarms = try await etcd.alarms(timeout: Self.patience)
        let (leader, inStep) = Self.agreement(among: statuses)
        let leading = members.first { $0.id == leader }.map { StoreMember($0).node(among: nodes) }
        return .init(
            healthy: inStep * 2 > members.count && alarms.isEmpty, members: members.count, inStep: inStep,
            leader: leading, alarms: alarms.map(\.kind.rawValue))
    }
    /// A member that was cut off still answers for some seconds after it is back, without a leader or with the last
    /// one: it does not count before it follows the leader of the highest term.
    static func agreement(among statuses: [Etcd.EtcdStatus]) -> (leader: EtcdMember.ID?, inStep: Int) {
        guard let newest = statuses.filter({ $0.leader != nil }).max(by: { $0.raftTerm < $1.raftTerm }) else {
            return (nil, 0)
        }
        return (newest.leader, statuses.count { $0.leader == newest.leader && $0.raftTerm == newest.raftTerm })
    }
}
