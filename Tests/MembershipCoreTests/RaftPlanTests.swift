import MembershipCore
import Primitives
import Testing

@Suite struct RaftPlanTests {
    let ids = (1...5).map { NodeID("000000000000000\($0)")! }
    let old = LocalMembership.RaftTiming(heartbeatMilliseconds: 10, electionMilliseconds: 100)
    let new = LocalMembership.RaftTiming(heartbeatMilliseconds: 50, electionMilliseconds: 500)

    func voters(_ timings: [LocalMembership.RaftTiming?], witness: Int? = nil) -> [RaftPlan.Voter] {
        timings.enumerated().map { index, timing in
            RaftPlan.Voter(id: ids[index], isWitness: index == witness, timing: timing)
        }
    }

    func next(_ voters: [RaftPlan.Voter], isLasting: Bool = true, master: Int = 0) -> RaftPlan.Step {
        RaftPlan.next(voters: voters, wanted: new, isLasting: isLasting, master: ids[master])
    }

    @Test(arguments: [3, 5], [0, 1, 2])
    func endsWithOneTimingAfterOneHandOver(count: Int, first: Int) {
        var timings = [LocalMembership.RaftTiming?](repeating: old, count: count)
        var master = first
        var handOvers = 0
        var isLasting = true
        for _ in 0..<10 {
            switch next(voters(timings), isLasting: isLasting, master: master) {
            case .restart(let id):
                let index = ids.firstIndex(of: id)!
                #expect(index != master, "the master's own etcd was restarted")
                timings[index] = new
            case .handOver(let id):
                #expect(timings.filter { $0 == old }.count == 1, "handed over before the others were done")
                master = ids.firstIndex(of: id)!
                handOvers += 1
                // The new master has only just begun.
                isLasting = false
            case .settled:
                #expect(timings.allSatisfy { $0 == new })
                #expect(handOvers == 1)
                return
            }
        }
        Issue.record("did not come to an end")
    }

    @Test func waitsUntilTheProfileLasts() {
        #expect(next(voters([old, old, old]), isLasting: false) == .settled)
        #expect(next(voters([old, new, old]), isLasting: false) == .settled)
        #expect(next(voters([new, new, old]), isLasting: false) == .restart(ids[2]))
    }

    @Test func leavesAloneWhatARestartWouldStopOrNobodyKnows() {
        #expect(next(voters([old, old])) == .settled)
        #expect(next(voters([old, old, nil])) == .settled)
    }

    @Test func aWitnessIsRestartedAndNeverMaster() {
        #expect(next(voters([old, old, new], witness: 1)) == .restart(ids[1]))
        #expect(next(voters([old, new, new], witness: 1)) == .handOver(to: ids[2]))
    }
}
