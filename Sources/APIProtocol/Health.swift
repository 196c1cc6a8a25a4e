import Primitives

/// Where a node is on its way into the cluster.
public enum Stage: String, Codable, Sendable, CaseIterable {
    /// No cluster yet; setup may be started.
    case installed
    /// Setup runs, or waits for approval on the master.
    case joining
    case member
    /// The majority is lost and the guided recovery runs.
    case recovering
}

/// Whether this node's cluster daemon works, for load balancers and the supervisor.
public struct Health: Codable, Equatable, Sendable {
    /// False when something below is wrong; the answer then has status 503.
    public var healthy: Bool
    public var stage: Stage
    public var isMaster: Bool
    /// One English sentence for each thing that is wrong; empty when healthy.
    public var problems: [String]

    public init(healthy: Bool, stage: Stage, isMaster: Bool, problems: [String]) {
        self.healthy = healthy
        self.stage = stage
        self.isMaster = isMaster
        self.problems = problems
    }
}

/// Who answers and whether it is the master: kept tiny, since the virtual address is asked for it all the time.
public struct MasterAnswer: Codable, Equatable, Sendable {
    /// The node that answers; nil before setup.
    public var node: NodeID?
    /// The answering node's name.
    public var name: String
    /// Epoch of the present mastership as this node knows it, `generation.revision`; `0.0` when none is known.
    public var epoch: String
    /// Whether the answering node is the master.
    public var isSelf: Bool
    /// The master as this node knows it.
    public var master: NodeID?

    public init(node: NodeID?, name: String, epoch: String, isSelf: Bool, master: NodeID? = nil) {
        self.node = node
        self.name = name
        self.epoch = epoch
        self.isSelf = isSelf
        self.master = master
    }
}
