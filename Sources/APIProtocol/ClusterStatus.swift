import MembershipCore
import Primitives

/// The cluster as the answering node sees it.
public struct ClusterStatus: Codable, Equatable, Sendable {
    /// nil before setup.
    public var clusterName: String?
    public var stage: Stage
    /// The node that answers.
    public var node: ThisNode
    /// nil while there is none.
    public var master: MasterStatus?
    public var vip: VIPStatus
    /// Ordered by name. Only the master hears all of them; others know what the store says.
    public var nodes: [NodeStatus]
    public var etcd: EtcdStatus
    public var profile: ProfileStatus
    /// The latest change of master, planned or not.
    public var lastFailover: Failover?

    public init(
        clusterName: String?, stage: Stage, node: ThisNode, master: MasterStatus?, vip: VIPStatus,
        nodes: [NodeStatus], etcd: EtcdStatus, profile: ProfileStatus, lastFailover: Failover? = nil
    ) {
        self.clusterName = clusterName
        self.stage = stage
        self.node = node
        self.master = master
        self.vip = vip
        self.nodes = nodes
        self.etcd = etcd
        self.profile = profile
        self.lastFailover = lastFailover
    }
}

extension ClusterStatus {
    /// Whether the cluster survives the loss of any one node by itself: a majority of two is two.
    public var failsOver: Bool { nodes.count { $0.role != .spare } >= 3 }
}

/// The node that answers a request.
public struct ThisNode: Codable, Equatable, Sendable {
    /// nil before setup.
    public var id: NodeID?
    public var name: String
    public var address: IPAddress

    public init(id: NodeID?, name: String, address: IPAddress) {
        self.id = id
        self.name = name
        self.address = address
    }
}

/// The present mastership.
public struct MasterStatus: Codable, Equatable, Sendable {
    public var node: NodeID
    public var name: String
    /// `generation.revision`.
    public var epoch: String
    /// When it began, by the master's wall clock.
    public var since: Timestamp
    /// Where the master's own user API answers.
    public var url: String?

    public init(node: NodeID, name: String, epoch: String, since: Timestamp, url: String? = nil) {
        self.node = node
        self.name = name
        self.epoch = epoch
        self.since = since
        self.url = url
    }
}

/// The virtual addresses and who holds them.
public struct VIPStatus: Codable, Equatable, Sendable {
    public var addresses: [Subnet]
    /// nil while nobody holds them, or when it is not known.
    public var holder: NodeID?
    /// Where users reach the cluster, as https://10.77.0.50.
    public var url: String?

    public init(addresses: [Subnet], holder: NodeID?, url: String? = nil) {
        self.addresses = addresses
        self.holder = holder
        self.url = url
    }
}

/// The consensus store.
public struct EtcdStatus: Codable, Equatable, Sendable {
    public var healthy: Bool
    /// Voting members.
    public var members: Int
    /// Members that answer and follow the present leader.
    public var inStep: Int
    public var leader: NodeID?
    /// As etcd names them: NOSPACE, CORRUPT.
    public var alarms: [String]

    public init(healthy: Bool, members: Int, inStep: Int, leader: NodeID?, alarms: [String]) {
        self.healthy = healthy
        self.members = members
        self.inStep = inStep
        self.leader = leader
        self.alarms = alarms
    }
}

/// How fast the cluster fails over.
public struct ProfileStatus: Codable, Equatable, Sendable {
    /// What was asked for.
    public var chosen: ProfileChoice
    /// What holds now; never `auto`.
    public var active: ProfileChoice
    /// R: pause between renewals.
    public var renewMilliseconds: Double
    /// F: from a renewal's sending to the kernel's cut.
    public var fenceMilliseconds: Double
    /// T: silence after which another node takes over.
    public var takeMilliseconds: Double
    /// Why the active one was chosen, one English sentence.
    public var reason: String?

    public init(
        chosen: ProfileChoice, active: ProfileChoice, renewMilliseconds: Double, fenceMilliseconds: Double,
        takeMilliseconds: Double, reason: String? = nil
    ) {
        self.chosen = chosen
        self.active = active
        self.renewMilliseconds = renewMilliseconds
        self.fenceMilliseconds = fenceMilliseconds
        self.takeMilliseconds = takeMilliseconds
        self.reason = reason
    }
}

/// How fast the cluster fails over; `auto` follows what the machines hold.
public enum ProfileChoice: String, Codable, Sendable, CaseIterable {
    case auto
    case instant
    case fast
    case calm
    case slow
}
