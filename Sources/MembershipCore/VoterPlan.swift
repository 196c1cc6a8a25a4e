import Primitives

/// Which nodes vote. The master asks again after every step, so the plan is one step at a time and by level: it
/// looks at what is, never at what happened.
public struct VoterPlan: Sendable {
    /// An approved node of the cluster.
    public struct Node: Equatable, Sendable {
        public var id: NodeID
        public var isWitness: Bool
        /// How long the master has not heard of it; zero while it reports.
        public var silentFor: Span
        /// What fails together with it; empty when nobody has named it, nil before the node has told.
        public var domain: String?

        public init(id: NodeID, isWitness: Bool, silentFor: Span, domain: String? = nil) {
            self.id = id
            self.isWitness = isWitness
            self.silentFor = silentFor
            self.domain = domain
        }
    }

    /// A member of etcd.
    public struct Member: Equatable, Sendable {
        public var id: NodeID
        public var isLearner: Bool

        public init(id: NodeID, isLearner: Bool) {
            self.id = id
            self.isLearner = isLearner
        }
    }

    public enum Step: Equatable, Sendable {
        /// Add as a learner; etcd takes one at a time.
        case add(NodeID)
        case promote(NodeID)
        case remove(NodeID, Reason)
        case settled
    }

    public enum Reason: String, Equatable, Sendable {
        case noLongerANode = "it is no longer a node of the cluster"
        case dead = "it has been silent for ten minutes and a spare takes its place"
        case learnerSilent = "it did not start to learn within a minute"
        case surplus = "the cluster needs fewer voters"
        case witnessNotNeeded = "a third node votes, the witness is no longer needed"
    }

    /// A voter that is silent for longer is replaced by a spare.
    public static let deadAfter = Span.seconds(600)
    /// A learner that is silent for longer makes room for another node.
    public static let learnerPatience = Span.seconds(60)
    /// A spare that is silent for longer is not chosen.
    public static let aliveWithin = Span.seconds(5)

    /// Voters for a number of full nodes: 1, 2, 3, 3, then 5.
    public static func desiredVoters(nodes: Int) -> Int {
        switch nodes {
        case ...2: nodes
        case 3, 4: 3
        default: 5
        }
    }

    /// The next step towards the right set of voters.
    /// - Parameters:
    ///   - nodes: in the order in which they joined, which is their rank as spares.
    ///   - master: never removed.
    public static func next(nodes: [Node], members: [Member], master: NodeID) -> Step {
        if let stranger = members.first(where: { member in !nodes.contains { $0.id == member.id } }) {
            return .remove(stranger.id, .noLongerANode)
        }
        if let learner = members.first(where: \.isLearner) { return learnerStep(learner, among: nodes) }
        let full = nodes.filter { !$0.isWitness }
        let isMember = { (node: Node) in members.contains { $0.id == node.id } }
        let voters = full.filter(isMember)
        let spares = full.filter { !isMember($0) && $0.silentFor <= aliveWithin }
        let desired = desiredVoters(nodes: full.count)

        if let dead = voters.first(where: { $0.silentFor >= deadAfter && $0.id != master }), !spares.isEmpty,
            leavesQuorum(voters: voters)
        {
            return .remove(dead.id, .dead)
        }
        let spread = DomainSpread(voters: voters)
        let removable = voters.filter { $0.id != master }
        if voters.count > desired, let surplus = spread.mostCrowded(of: removable) {
            return .remove(surplus.id, .surplus)
        }
        if voters.count < desired, let spare = spread.loneliest(of: spares) { return .add(spare.id) }
        // One more for a while; then one of the crowded domain is surplus.
        if voters.count == desired, let spare = spread.gain(of: spares, over: removable) { return .add(spare.id) }
        return witnessStep(nodes: nodes, members: members, voters: voters.count)
    }

    /// etcd takes one learner at a time, so one that never comes must not block the others.
    private static func learnerStep(_ learner: Member, among nodes: [Node]) -> Step {
        let silence = nodes.first { $0.id == learner.id }?.silentFor ?? .zero
        return silence >= learnerPatience ? .remove(learner.id, .learnerSilent) : .promote(learner.id)
    }

    /// Two full nodes vote together with a witness, if there is one; more do without.
    private static func witnessStep(nodes: [Node], members: [Member], voters: Int) -> Step {
        let witnesses = nodes.filter(\.isWitness)
        let voting = witnesses.filter { witness in members.contains { $0.id == witness.id } }
        if voters == 2 {
            if voting.isEmpty, let witness = witnesses.first(where: { $0.silentFor <= aliveWithin }) {
                return .add(witness.id)
            }
        } else if voters > 2, let witness = voting.first {
            return .remove(witness.id, .witnessNotNeeded)
        }
        return .settled
    }

    private static func leavesQuorum(voters: [Node]) -> Bool {
        let alive = voters.filter { $0.silentFor <= aliveWithin }.count
        return alive * 2 > voters.count
    }
}

/// How the voters are spread over failure domains.
private struct DomainSpread {
    let voters: [VoterPlan.Node]

    private func count(_ node: VoterPlan.Node) -> Int { voters.count { $0.domain == node.domain } }

    /// The first of those whose domain holds the fewest voters.
    func loneliest(of nodes: [VoterPlan.Node]) -> VoterPlan.Node? { nodes.min { count($0) < count($1) } }

    /// The last of those whose domain holds the most voters.
    func mostCrowded(of nodes: [VoterPlan.Node]) -> VoterPlan.Node? { nodes.reversed().max { count($0) < count($1) } }

    /// A spare that should vote in place of one of these voters, so that the fuller of their two domains has fewer. Never
    /// beside a silent voter, nor before every voter has told its domain.
    func gain(of spares: [VoterPlan.Node], over removable: [VoterPlan.Node]) -> VoterPlan.Node? {
        guard voters.allSatisfy({ $0.silentFor <= VoterPlan.aliveWithin && $0.domain != nil }),
            let voter = mostCrowded(of: removable), let spare = loneliest(of: spares.filter { $0.domain != nil }),
            count(voter) >= count(spare) + 2
        else { return nil }
        return spare
    }
}
