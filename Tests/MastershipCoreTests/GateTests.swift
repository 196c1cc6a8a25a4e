import Primitives
import Testing

@testable import MastershipCore

/// Mastership while the store is full: it takes only what makes it smaller.
@Suite struct GateTests {
    private func shut(_ rig: Rig) -> (id: UInt64, over: Int64)? {
        for case .shutGate(let id, let over, _) in rig.effects { return (id, over) }
        return nil
    }

    private func opened(_ rig: Rig) -> (id: UInt64, over: Int64)? {
        for case .openGate(let id, let over, _) in rig.effects { return (id, over) }
        return nil
    }

    private func gate(_ rig: Rig) -> MastershipCore.GateUse? {
        for case .write(_, _, _, let gate, _) in rig.effects { return gate }
        return nil
    }

    /// The master's next renewal, refused because the store is full.
    private func refusedMaster() throws -> Rig {
        var rig = try Rig.master()
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        rig.step(.writeRejected(id: try #require(rig.write).id), after: .milliseconds(2))
        return rig
    }

    @Test func theFirstRecordOpensTheGateAndRenewalsLeaveItAlone() throws {
        var rig = Rig()
        rig.step(.started)
        rig.step(.standingChanged(true))
        rig.step(.observed(Observation(record: nil, revision: 0, gate: 0)))
        #expect(gate(rig) == .open)
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 10))
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        #expect(gate(rig) == .leave)
    }

    @Test func aMasterThatCannotRenewShutsTheGateAndHoldsFromThatQuestion() throws {
        var rig = try refusedMaster()
        #expect(rig.hold == nil)
        let question = try #require(shut(rig))
        #expect(question.over == 11)
        let sentAt = rig.now
        rig.step(.writeSucceeded(id: question.id, revision: 11), after: .milliseconds(3))
        #expect(rig.hold == sentAt + Timing.calm.fence)
        #expect(rig.core.tenureEpoch != nil)
    }

    @Test func itTriesToRenewAgainAndMakesTheGateAnew() throws {
        var rig = try refusedMaster()
        rig.step(.writeSucceeded(id: try #require(shut(rig)).id, revision: 11), after: .milliseconds(3))
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        #expect(gate(rig) == .open)
        #expect(rig.write?.over == 11)
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 12), after: .milliseconds(3))
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        #expect(gate(rig) == .leave)
    }

    @Test func aMasterThatIsNoMasterAnyMoreLearnsItFromTheGate() throws {
        var rig = try refusedMaster()
        rig.step(
            .writeRefused(
                id: try #require(shut(rig)).id,
                current: Observation(record: .others(takeover: 0, sequence: 0), revision: 20, gate: 15)))
        #expect(rig.vacates == .deposed(by: Rig.other))
    }

    @Test func theRenewalThatCrossedTheQuotaWasDoneAllTheSame() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        let crossing = try #require(rig.write)
        rig.step(.writeRejected(id: crossing.id))
        rig.step(
            .writeRefused(
                id: try #require(shut(rig)).id,
                current: Observation(record: crossing.record, revision: 12, gate: 10)))
        #expect(rig.vacates == nil)
        #expect(rig.write?.over == 12)
    }

    /// A record of a quicker timing may still be on its way to the store, and contenders would go by it.
    @Test func aShutGateHoldsNoLongerThanAnyRecordThatMayFollow() throws {
        var rig = try Rig.master()
        rig.step(.timingChosen(.fast))
        rig.step(.wake, after: .milliseconds(900))
        let first = try #require(rig.write)
        #expect(first.record.timing == .fast)
        rig.step(.timingChosen(.calm))
        rig.step(.writeUnknown(id: first.id), after: .milliseconds(20))
        let second = try #require(rig.write)
        #expect(second.record.timing == .calm)
        rig.step(.writeRejected(id: second.id), after: .milliseconds(2))
        let sentAt = rig.now
        rig.step(.writeSucceeded(id: try #require(shut(rig)).id, revision: 11), after: .milliseconds(2))
        #expect(rig.hold == sentAt + Timing.fast.fence)
    }

    @Test func aTakeoverFailsUnlessTheGateIsAsItWasSeen() throws {
        var rig = Rig.follower()
        rig.step(.wake, after: .milliseconds(1_600))
        #expect(gate(rig) == .mustBe(5))
        rig.step(
            .writeRefused(
                id: try #require(rig.write).id, current: Observation(record: .others(), revision: 20, gate: 0)))
        #expect(rig.write == nil)
        #expect(try #require(rig.wake) >= rig.now + Timing.calm.take)
    }

    @Test func aShutGateIsOpenedFirstAndThenTakeBeginsAfresh() throws {
        var rig = Rig.follower()
        rig.step(.observed(Observation(record: .others(), revision: 20, gate: 0)))
        rig.step(.wake, after: .milliseconds(1_600))
        #expect(rig.write == nil)
        let question = try #require(opened(rig))
        #expect(question.over == 20)
        rig.step(.writeSucceeded(id: question.id, revision: 31), after: .milliseconds(2))
        #expect(rig.write == nil)
        let due = try #require(rig.wake)
        #expect(due >= rig.now + Timing.calm.take)
        rig.step(.wake, after: due - rig.now)
        #expect(gate(rig) == .mustBe(31))
    }

    @Test func aFullStoreIsNotAskedInAHotLoop() throws {
        var rig = Rig.follower()
        rig.step(.wake, after: .milliseconds(1_600))
        rig.step(.writeRejected(id: try #require(rig.write).id))
        #expect(rig.effects.contains(.observe))
        #expect(try #require(rig.wake) >= rig.now + MastershipCore.fullStorePause)
    }

    @Test func aWatchDoesNotForgetTheGate() throws {
        var rig = Rig.follower()
        rig.step(.observed(Observation(record: .others(sequence: 4), revision: 21)), after: .milliseconds(100))
        rig.step(.wake, after: .milliseconds(1_600))
        #expect(gate(rig) == .mustBe(5))
    }
}
