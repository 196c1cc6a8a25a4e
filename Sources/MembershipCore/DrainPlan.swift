import Primitives

/// Whether a node may be drained: somebody must be left to stand for master.
public enum DrainPlan {
    /// A full node that votes.
    public struct Voter: Equatable, Sendable {
        public var id: NodeID
        public var isOnline: Bool
        public var isDrained: Bool

        public init(id: NodeID, isOnline: Bool, isDrained: Bool) {
            self.id = id
            self.isOnline = isOnline
            self.isDrained = isDrained
        }
    }

    /// Who is left: the present master, if it is another; else the first that is online and not drained.
    /// - Returns: nil when the node must not be drained.
    public static func standing(without node: NodeID, voters: [Voter], master: NodeID) -> NodeID? {
        let left = voters.filter { $0.id != node && $0.isOnline && !$0.isDrained }.map(\.id)
        return left.contains(master) ? master : left.first
    }
}
