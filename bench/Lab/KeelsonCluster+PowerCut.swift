import APIProtocol
import Glibc
import Primitives

/// Moments of a setup that founds a cluster, in their order.
public enum FoundingMoment: String, Sendable, CaseIterable {
    /// The checks are over; nothing but drafts is on the disk.
    case identity
    /// The membership is on the disk; the node does not know it yet.
    case membership
    /// The node starts as a member of its own cluster.
    case service
}

extension KeelsonCluster {
    /// Cuts the power of a node as soon as its setup has come so far. Its disk keeps what was written until then.
    public func cutPower(of node: LabNode, at moment: FoundingMoment) throws(LabError) {
        try Condition.hold("the moment '\(moment)' in the setup of \(node.name)", within: .seconds(30)) {
            () throws(LabError) in
            switch moment {
            case .identity: try node.api.get(SetupStatus.self, "/v1/setup").phases.last?.name == "identity"
            case .membership: access("\(node.directory)/data/cluster.json", F_OK) == 0
            case .service: try node.api.get(SetupStatus.self, "/v1/setup").stage == .member
            }
        }
        try node.cutPower()
    }

    /// Power back, and the node's daemon answers again.
    public func restorePower(of node: LabNode) throws(LabError) {
        try node.restorePower()
        try Condition.hold("the cluster daemon of \(node.name)", within: .seconds(15)) { () throws(LabError) in
            _ = try node.api.get(SetupStatus.self, "/v1/setup")
            return true
        }
    }
}
