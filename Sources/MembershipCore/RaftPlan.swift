import Primitives

/// How etcd's members get the two timings of the profile in force: they are restarted one by one, the master's last and
/// after it has handed over. By level, like `VoterPlan`: asked again after every step.
public enum RaftPlan {
    /// A member of etcd, as its node reports it.
    public struct Voter: Equatable, Sendable {
        public var id: NodeID
        /// Or drained: it does not become master.
        public var isWitness: Bool
        /// What its etcd runs with; nil while it is not known.
        public var timing: LocalMembership.RaftTiming?

        public init(id: NodeID, isWitness: Bool, timing: LocalMembership.RaftTiming?) {
            self.id = id
            self.isWitness = isWitness
            self.timing = timing
        }
    }

    public enum Step: Equatable, Sendable {
        case restart(NodeID)
        case handOver(to: NodeID)
        case settled
    }

    /// Restarting one of fewer would stop the store.
    static let leastVoters = 3

    /// The next step towards one timing.
    /// - Parameters:
    ///   - voters: all of them, and all of them healthy: the caller has looked.
    ///   - isLasting: whether the profile has been in force for long enough. What most of the voters have is rolled
    ///     out in any case: a master before has begun with it.
    public static func next(
        voters: [Voter], wanted: LocalMembership.RaftTiming, isLasting: Bool, master: NodeID
    ) -> Step {
        guard voters.count >= leastVoters, voters.allSatisfy({ $0.timing != nil }) else { return .settled }
        let behind = voters.filter { $0.timing != wanted }
        guard isLasting || behind.count * 2 < voters.count else { return .settled }
        if let next = behind.first(where: { $0.id != master }) { return .restart(next.id) }
        guard !behind.isEmpty, let successor = voters.first(where: { $0.id != master && !$0.isWitness }) else {
            return .settled
        }
        return .handOver(to: successor.id)
    }
}
