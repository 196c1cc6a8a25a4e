import MembershipCore
import Primitives
import Testing

@Suite struct VoterPlanTests {
    let ids = (1...9).map { NodeID("000000000000000\($0)")! }

    func node(_ index: Int, silentFor: Span = .zero, witness: Bool = false) -> VoterPlan.Node {
        VoterPlan.Node(id: ids[index - 1], isWitness: witness, silentFor: silentFor)
    }

    func member(_ index: Int, learner: Bool = false) -> VoterPlan.Member {
        VoterPlan.Member(id: ids[index - 1], isLearner: learner)
    }

    func next(_ nodes: [VoterPlan.Node], _ members: [VoterPlan.Member], master: Int = 1) -> VoterPlan.Step {
        VoterPlan.next(nodes: nodes, members: members, master: ids[master - 1])
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 3), (4, 3), (5, 5), (6, 5), (500, 5)])
    func votersForNodes(nodes: Int, voters: Int) {
        #expect(VoterPlan.desiredVoters(nodes: nodes) == voters)
    }

    @Test func growsOneLearnerAtATime() {
        let nodes = [node(1), node(2), node(3)]
        #expect(next(nodes, [member(1)]) == .add(ids[1]))
        #expect(next(nodes, [member(1), member(2, learner: true)]) == .promote(ids[1]))
        #expect(next(nodes, [member(1), member(2)]) == .add(ids[2]))
        #expect(next(nodes, [member(1), member(2), member(3)]) == .settled)
    }

    @Test func fourthNodeIsASpareAndTheFifthMakesBothVoters() {
        let four = (1...4).map { node($0) }
        let three = (1...3).map { member($0) }
        #expect(next(four, three) == .settled)
        #expect(next(four + [node(5)], three) == .add(ids[3]))
        #expect(next(four + [node(5)], three + [member(4)]) == .add(ids[4]))
    }

    @Test func aDeadVoterIsReplacedOnlyByALiveSpareAndOnlyAfterTenMinutes() {
        let members = (1...3).map { member($0) }
        let silent = [node(1), node(2), node(3, silentFor: .seconds(599)), node(4)]
        #expect(next(silent, members) == .settled)
        let dead = [node(1), node(2), node(3, silentFor: .seconds(600)), node(4)]
        #expect(next(dead, members) == .remove(ids[2], .dead))
        #expect(next(Array(dead.dropLast()), members) == .settled)
        let deadSpare = Array(dead.dropLast()) + [node(4, silentFor: .seconds(60))]
        #expect(next(deadSpare, members) == .settled)
    }

    @Test func neverRemovesADeadVoterWithoutALivingMajority() {
        let nodes = [node(1), node(2, silentFor: .seconds(700)), node(3, silentFor: .seconds(700)), node(4)]
        #expect(next(nodes, (1...3).map { member($0) }) == .settled)
    }

    @Test func aNodeThatIsGoneLosesItsVoteFirst() {
        let nodes = [node(1), node(2), node(4)]
        #expect(next(nodes, (1...3).map { member($0) }) == .remove(ids[2], .noLongerANode))
        #expect(next(nodes, [member(1), member(2)]) == .add(ids[3]))
    }

    @Test func shrinkingFromFiveKeepsTheMaster() {
        let nodes = (1...4).map { node($0) }
        let members = (1...4).map { member($0) }
        #expect(next(nodes, members, master: 4) == .remove(ids[2], .surplus))
    }

    @Test func aWitnessVotesForTwoNodesOnly() {
        let two = [node(1), node(2), node(3, witness: true)]
        #expect(next(two, [member(1), member(2)]) == .add(ids[2]))
        #expect(next(two, (1...3).map { member($0) }) == .settled)
        let three = two + [node(4)]
        #expect(next(three, (1...3).map { member($0) }) == .add(ids[3]))
        #expect(next(three, (1...4).map { member($0) }) == .remove(ids[2], .witnessNotNeeded))
    }

    @Test func aLearnerThatNeverComesMakesRoom() {
        let members = [member(1), member(2, learner: true)]
        #expect(next([node(1), node(2, silentFor: .seconds(59))], members) == .promote(ids[1]))
        #expect(next([node(1), node(2, silentFor: .seconds(60))], members) == .remove(ids[1], .learnerSilent))
    }
}
