import Primitives

/// One fault, what it may do to a client of the VIP, and how it is taken back.
public struct Scenario: Sendable {
    /// How often the answering node may change.
    public enum Takeovers: Equatable, Sendable {
        /// The master stays and no request fails.
        case none
        /// Exactly one other node takes over.
        case one
        /// The master may stay or be replaced once; a short silence is allowed.
        case atMostOne
        /// The majority is gone: the VIP falls silent, and one node answers again afterwards.
        case silence
    }

    /// What a fault has to work with.
    public struct Stage: Sendable {
        public let cluster: KeelsonCluster
        /// The master before the fault.
        public let master: LabNode
        /// The other nodes, in order.
        public let others: [LabNode]
    }

    public let name: String
    public let takeovers: Takeovers
    /// Part of the selection that every change must pass.
    public let isSelected: Bool
    let fault: @Sendable (Stage) throws(LabError) -> Void
    let heal: @Sendable (Stage) throws(LabError) -> Void

    init(
        _ name: String, _ takeovers: Takeovers, selected: Bool = false,
        fault: @escaping @Sendable (Stage) throws(LabError) -> Void,
        heal: @escaping @Sendable (Stage) throws(LabError) -> Void = { _ in }
    ) {
        self.name = name
        self.takeovers = takeovers
        self.isSelected = selected
        self.fault = fault
        self.heal = heal
    }
}
