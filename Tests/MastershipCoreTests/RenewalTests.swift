import MastershipCore
import Primitives
import Testing

@Suite struct RenewalTests {
    @Test func oneRenewalIsSentEveryRenew() throws {
        var rig = try Rig.master()
        let first = try #require(rig.wake)
        try rig.renew(revision: 12)
        #expect(try #require(rig.wake) == first + Timing.calm.renew)
    }

    @Test func onlyOneIsUnderWay() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        #expect(rig.write != nil)
        rig.step(.wake, after: Timing.calm.renew)
        #expect(rig.write == nil)
    }

    @Test func goesOnFromARenewalWhoseAnswerWasLost() throws {
        var rig = try Rig.master()
        let deadline = try #require(rig.hold)
        rig.step(.wake, after: Timing.calm.renew)
        let lost = try #require(rig.write)
        rig.step(.writeUnknown(id: lost.id), after: lost.limit)
        let again = try #require(rig.write)
        #expect(again.over == 11)
        rig.step(.writeRefused(id: again.id, current: Observation(record: lost.record, revision: 12)))
        #expect(rig.hold == nil, "that it landed says nothing about when: the deadline stays")
        let third = try #require(rig.write)
        #expect(third.over == 12)
        rig.step(.writeSucceeded(id: third.id, revision: 13))
        #expect(try #require(rig.hold) > deadline)
    }

    @Test func aRefusedConnectionIsNotTriedInAHotLoop() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        rig.step(.writeUnknown(id: try #require(rig.write).id))
        #expect(rig.write == nil)
        #expect(try #require(rig.wake) == rig.now + .milliseconds(10))
    }

    @Test func aRefusalByAnothersRecordDeposes() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        let current = Observation(record: .others(takeover: 0, sequence: 0), revision: 20, gate: 5)
        rig.step(.writeRefused(id: try #require(rig.write).id, current: current))
        #expect(rig.vacates == .deposed(by: Rig.other))
        #expect(rig.core.seen == current)
        #expect(try #require(rig.wake) - rig.now >= Timing.calm.take)
    }

    @Test func aWatchThatShowsAnotherMasterDeposes() throws {
        var rig = try Rig.master()
        rig.step(.observed(Observation(record: .others(), revision: 20, gate: 5)), after: .milliseconds(5))
        #expect(rig.vacates == .deposed(by: Rig.other))
    }

    @Test func oldNewsDeposesNobody() throws {
        var rig = try Rig.master()
        rig.step(.observed(Observation(record: .others(), revision: 9, gate: 5)))
        #expect(rig.vacates == nil)
    }

    @Test func anAnswerToAnEarlierTenureIsIgnored() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        let write = try #require(rig.write)
        rig.step(.observed(Observation(record: .others(), revision: 20, gate: 5)))
        rig.step(.writeSucceeded(id: write.id, revision: 12))
        #expect(rig.core.tenureEpoch == nil)
        #expect(rig.hold == nil)
    }
}
