import APIProtocol
import Identity
import MastershipCore
import Primitives
import StreamProtocol

/// What this node last read of the cluster's store; renewed every second or two, so that answers come from memory.
struct ClusterView: Sendable {
    /// In the order in which they joined.
    var nodes: [NodeRecord] = []
    var settings: ClusterConfiguration? = nil
    var profile: ActiveProfile? = nil
    var userTokens: [UserTokenRecord] = []
    var web: WebIdentity? = nil
    var etcd = EtcdStatus(healthy: false, members: 0, inStep: 0, leader: nil, alarms: [])
    var lastFailover: Failover? = nil
    /// The master's record at that moment.
    var master: Observation? = nil
    var machines: [MachineRecord] = []
    /// Data of machines that are no longer protected is still to go.
    var isForgetting = false
    /// nil before the first success.
    var readAt: Instant? = nil

    func node(_ id: NodeID) -> NodeRecord? { nodes.first { $0.id == id } }

    func machine(_ id: MachineID) -> MachineRecord? { machines.first { $0.id == id } }

    /// By identity or by name.
    func node(named text: String) -> NodeRecord? { nodes.first { $0.id.text == text || $0.name == text } }
}
