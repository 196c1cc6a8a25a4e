import MastershipCore
import Primitives
import Testing

@Suite struct ReleaseTests {
    @Test func vacatesBeforeItReleases() throws {
        var rig = try Rig.master()
        rig.step(.handOverRequested(to: Rig.other))
        #expect(rig.vacates == .handedOver)
        #expect(rig.write == nil)
        rig.step(.vacated, after: .milliseconds(3))
        #expect(try #require(rig.write).record.claim == .released(to: Rig.other))
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 12))
        #expect(rig.effects.contains(.report(.released(Epoch(generation: 1, revision: 10), to: Rig.other))))
        #expect(try #require(rig.wake) - rig.now >= Timing.calm.take, "the others go first")
    }

    @Test func waitsForTheRenewalUnderWay() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        let renewal = try #require(rig.write)
        rig.step(.handOverRequested(to: nil))
        rig.step(.vacated)
        #expect(rig.write == nil)
        rig.step(.writeSucceeded(id: renewal.id, revision: 12))
        #expect(try #require(rig.write).over == 12)
    }

    @Test func triesAgainAfterAPauseAndKnowsItsOwnRelease() throws {
        var rig = try Rig.master()
        rig.step(.handOverRequested(to: nil))
        rig.step(.vacated)
        let lost = try #require(rig.write)
        rig.step(.writeUnknown(id: lost.id))
        #expect(rig.write == nil, "not in a hot loop")
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        let again = try #require(rig.write)
        rig.step(.writeRefused(id: again.id, current: Observation(record: lost.record, revision: 12)))
        #expect(rig.effects.contains(.report(.released(Epoch(generation: 1, revision: 10), to: nil))))
        #expect(rig.write == nil)
    }

    @Test func givesUpReleasingAtItsDeadlineAndDoesNotTakeItsOwnReleaseBack() throws {
        var rig = try Rig.master()
        rig.step(.handOverRequested(to: Rig.other))
        rig.step(.vacated)
        let lost = try #require(rig.write)
        rig.step(.wake, after: Timing.calm.fence)
        #expect(
            rig.effects.contains(.report(.lost(Epoch(generation: 1, revision: 10), .deadlinePassed))))
        rig.step(.observed(Observation(record: lost.record, revision: 12)))
        #expect(rig.write == nil)
        #expect(try #require(rig.wake) - rig.now >= Timing.calm.take)
    }

    @Test func theNamedSuccessorTakesAtOnce() {
        let rig = Rig.follower(of: .others(claim: .released(to: Rig.own)))
        #expect(rig.write?.over == 20)
    }

    @Test func anyoneTakesAtOnceWhenNobodyIsNamed() {
        let rig = Rig.follower(of: .others(claim: .released(to: nil)))
        #expect(rig.write?.over == 20)
    }

    @Test func theOthersLeaveTheSuccessorAHeadStart() throws {
        let rig = Rig.follower(of: .others(claim: .released(to: Rig.third)))
        #expect(rig.write == nil)
        let wait = try #require(rig.wake) - rig.now
        #expect(wait >= .milliseconds(300) && wait < .milliseconds(350))
    }
}
