import Etcd
import Testing

@testable import ClusterService

@Suite struct StoreAgreementTests {
    let ids = (UInt64(1)...3).map { EtcdMember.ID(number: $0) }

    func status(_ member: Int, leader: Int?, term: UInt64) -> EtcdStatus {
        EtcdStatus(
            member: ids[member - 1], leader: leader.map { ids[$0 - 1] }, raftTerm: term, raftIndex: 0, revision: 0,
            databaseSize: 0, databaseSizeInUse: 0, isLearner: false, version: "3.5.16", errors: [])
    }

    @Test func allWhoFollowOneLeaderAreInStep() {
        let (leader, inStep) = ClusterStore.agreement(among: (1...3).map { status($0, leader: 2, term: 7) })
        #expect(leader == ids[1])
        #expect(inStep == 3)
    }

    /// Seen after a cable was plugged in again: the member answered, and its raft was at an old term for two seconds.
    @Test func aMemberThatWasCutOffIsNotInStepBeforeItFollows() {
        let others = [status(2, leader: 2, term: 39), status(3, leader: 2, term: 39)]
        for late in [status(1, leader: nil, term: 39), status(1, leader: 1, term: 36), status(1, leader: 2, term: 36)] {
            let (leader, inStep) = ClusterStore.agreement(among: [late] + others)
            #expect(leader == ids[1])
            #expect(inStep == 2)
        }
    }

    @Test func nobodyIsInStepWithoutALeader() {
        let (leader, inStep) = ClusterStore.agreement(among: (1...3).map { status($0, leader: nil, term: 7) })
        #expect(leader == nil)
        #expect(inStep == 0)
    }
}
