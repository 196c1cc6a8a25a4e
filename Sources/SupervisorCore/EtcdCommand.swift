import ConfigurationCore
import MembershipCore
import Primitives

/// etcd's command line.
public enum EtcdCommand {
    /// The socket of etcd's /health and /metrics, relative to etcd's working directory `run`. etcd wants `host:port` in
    /// the URL and takes both together as the file's name.
    public static let metricsSocketName = "etcd-metrics.sock:0"

    /// Arguments without the program's name.
    ///
    /// - Parameter forcesNewCluster: the guided recovery's one start that makes this member the only one.
    /// - Throws: `EtcdCommandError` when this node is not among the voters.
    public static func arguments(
        _ node: NodeConfiguration, _ membership: LocalMembership, forcesNewCluster: Bool = false
    ) throws(EtcdCommandError) -> [String] {
        guard membership.voters.contains(where: { $0.node == membership.node }) else {
            throw EtcdCommandError(node: membership.node)
        }
        let own = url(node.address.address, port: 2379)
        let ownPeer = url(node.address.address, port: 2380)
        let cluster = membership.voters.map { peer in
            // Its own configuration is the truth about a node's own address.
            let address = peer.node == membership.node ? node.address.address : peer.address
            return "\(peer.node)=\(url(address, port: 2380))"
        }
        var arguments = [
            "--name=\(membership.node)",
            "--data-dir=\(node.etcdDirectory)",
            "--listen-client-urls=\(own),https://127.0.0.1:2379",
            "--advertise-client-urls=\(own)",
            "--listen-peer-urls=\(ownPeer)",
            "--initial-advertise-peer-urls=\(ownPeer)",
            "--listen-metrics-urls=unix://\(metricsSocketName)",
            "--initial-cluster=\(cluster.joined(separator: ","))",
            "--initial-cluster-token=\(membership.clusterToken)",
            "--initial-cluster-state=\(membership.foundsCluster ? "new" : "existing")",
            "--heartbeat-interval=\(membership.raft.heartbeatMilliseconds)",
            "--election-timeout=\(membership.raft.electionMilliseconds)",
            "--pre-vote=true",
            // A watch that has nothing to tell still says so: silence then means a dead connection.
            "--experimental-watch-progress-notify-interval=2s",
            "--strict-reconfig-check=true",
            "--auto-compaction-mode=revision",
            "--auto-compaction-retention=10000",
            "--quota-backend-bytes=\(1 << 30)",
            // A raft snapshot every 10 000 entries keeps the log in memory small; renewals alone write 33 a second.
            "--snapshot-count=10000",
            "--max-snapshots=3",
            "--max-wals=3",
        ]
        arguments += ["", "peer-"].flatMap { prefix in
            [
                "--\(prefix)cert-file=\(node.nodeCertificatePath)",
                "--\(prefix)key-file=\(node.nodeKeyPath)",
                "--\(prefix)trusted-ca-file=\(node.authorityPath)",
                "--\(prefix)client-cert-auth=true",
            ]
        }
        arguments += ["--logger=zap", "--log-level=warn", "--log-outputs=stderr"]
        if forcesNewCluster { arguments.append("--force-new-cluster=true") }
        return arguments
    }

    /// The client port on the node's own address.
    public static func clientURL(_ node: NodeConfiguration) -> String { url(node.address.address, port: 2379) }

    /// The peer port on the node's own address.
    public static func peerURL(_ node: NodeConfiguration) -> String { url(node.address.address, port: 2380) }

    static func url(_ address: IPAddress, port: Int) -> String {
        address.isIPv4 ? "https://\(address):\(port)" : "https://[\(address)]:\(port)"
    }
}

/// The node's membership file names voters without the node itself.
public struct EtcdCommandError: Error, Equatable, CustomStringConvertible {
    public let node: NodeID

    public var description: String { "cluster.json does not name this node (\(node)) among the voters" }
}
