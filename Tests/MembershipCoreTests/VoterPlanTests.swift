import MembershipCore
import Primitives
import Testing

@Suite struct VoterPlanTests {
    let ids = (1...9).map { NodeID("000000000000000\($0)")! }

    func node(
        _ index: Int, silentFor: Span = .zero, witness: Bool = false, domain: String? = nil
    ) -> VoterPlan.Node {
        VoterPlan.Node(id: ids[index - 1], isWitness: witness, silentFor: silentFor, domain: domain)
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

    // MARK: failure domains

    @Test func aSpareOfAnotherDomainComesFirst() {
        let nodes = [node(1, domain: "a"), node(2, domain: "a"), node(3, domain: "a"), node(4, domain: "b")]
        #expect(next(nodes, [member(1), member(2)]) == .add(ids[3]))
    }

    @Test func theSurplusVoterIsOneOfTheMostCrowdedDomain() {
        let nodes = [node(1, domain: "a"), node(2, domain: "b"), node(3, domain: "b"), node(4, domain: "c")]
        #expect(next(nodes, (1...4).map { member($0) }) == .remove(ids[2], .surplus))
        #expect(next(nodes, (1...4).map { member($0) }, master: 3) == .remove(ids[1], .surplus))
    }

    @Test func crowdedVotersAreSwappedUntilTheDomainsAreEven() {
        let nodes = (1...9).map { node($0, domain: $0 <= 5 ? "a" : $0 <= 8 ? "b" : "") }
        var voters = Set(1...5)
        for _ in 0..<20 {
            #expect((5...6).contains(voters.count), "a swap adds before it removes")
            switch next(nodes, voters.sorted().map { member($0) }) {
            case .settled:
                #expect(voters.contains(1), "the master was removed")
                #expect(voters.filter { $0 <= 5 }.count == 2)
                #expect(voters.filter { (6...8).contains($0) }.count == 2)
                #expect(voters.contains(9))
                return
            case .remove(let id, let reason):
                #expect(reason == .surplus)
                voters.remove(ids.firstIndex(of: id)! + 1)
            case .add(let id): voters.insert(ids.firstIndex(of: id)! + 1)
            case .promote: Issue.record("there is no learner")
            }
        }
        Issue.record("did not come to an end")
    }

    @Test func nothingIsSwappedBesideASilentVoterOrForASilentSpare() {
        let spare = [node(4, domain: "b")]
        let silent = [node(4, silentFor: .seconds(6), domain: "b")]
        let voters = (1...3).map { node($0, domain: "a") }
        let members = (1...3).map { member($0) }
        #expect(next(voters + spare, members) == .add(ids[3]))
        #expect(next(voters + silent, members) == .settled)
        let oneUnheard = [node(1, domain: "a"), node(2, domain: "a"), node(3)]
        #expect(next(oneUnheard + spare, members) == .settled)
        let oneSilent = [node(1, domain: "a"), node(2, domain: "a"), node(3, silentFor: .seconds(9), domain: "a")]
        #expect(next(oneSilent + spare, members) == .settled)
    }
}
