import Primitives

/// What one node must know to start its part of the cluster: the machine-written file `cluster.json` in its data
/// directory. Written whole, then renamed; read by the supervisor and by the cluster daemon.
public struct LocalMembership: Codable, Equatable, Sendable {
    public enum Role: String, Codable, Sendable {
        /// Runs etcd, may become master.
        case voter
        /// Runs etcd as a voter, never master: the third vote of a two-node cluster.
        case witness
        /// Runs no etcd; takes the place of a voter that is lost.
        case spare
    }

    /// A voter's address for its peers.
    public struct Peer: Codable, Equatable, Sendable {
        public var node: NodeID
        public var name: String
        public var address: IPAddress

        public init(node: NodeID, name: String, address: IPAddress) {
            self.node = node
            self.name = name
            self.address = address
        }
    }

    /// etcd's two timings; a change needs a restart of etcd.
    public struct RaftTiming: Codable, Equatable, Sendable {
        public var heartbeatMilliseconds: Int
        public var electionMilliseconds: Int

        public init(heartbeatMilliseconds: Int, electionMilliseconds: Int) {
            self.heartbeatMilliseconds = heartbeatMilliseconds
            self.electionMilliseconds = electionMilliseconds
        }
    }

    /// The cluster's name for people.
    public var clusterName: String
    /// Unique for each founding and each restore: etcd's initial-cluster-token.
    public var clusterToken: String
    public var node: NodeID
    public var role: Role
    /// True for the founder (and after a restore), whose etcd starts a new cluster; false for those that join one.
    public var foundsCluster: Bool
    /// The voters as of joining, this node included when it runs etcd. etcd itself knows the present ones.
    public var voters: [Peer]
    public var virtualAddresses: [Subnet]
    public var raft: RaftTiming
    /// Raised by one at every restore from a backup.
    public var generation: UInt64

    public init(
        clusterName: String, clusterToken: String, node: NodeID, role: Role, foundsCluster: Bool, voters: [Peer],
        virtualAddresses: [Subnet], raft: RaftTiming, generation: UInt64
    ) {
        self.clusterName = clusterName
        self.clusterToken = clusterToken
        self.node = node
        self.role = role
        self.foundsCluster = foundsCluster
        self.voters = voters
        self.virtualAddresses = virtualAddresses
        self.raft = raft
        self.generation = generation
    }
}
