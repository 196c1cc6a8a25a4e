import MastershipCore
import Primitives
import Testing

@Suite struct DeadlineTests {
    @Test func countsFromTheSendingOfTheRenewal() throws {
        var rig = try Rig.master()
        let sentAt = try #require(rig.wake)
        try rig.renew(revision: 12, latency: .milliseconds(40))
        #expect(rig.hold == sentAt + Timing.calm.fence)
    }

    @Test func passesExactlyThen() throws {
        var rig = try Rig.master()
        let deadline = try #require(rig.hold)
        let sentAt = try #require(rig.wake)
        rig.step(.wake, after: sentAt - rig.now)
        rig.step(.wake, after: deadline - rig.now - Span(nanoseconds: 1))
        #expect(rig.vacates == nil)
        rig.step(.wake, after: Span(nanoseconds: 1))
        #expect(rig.vacates == .deadlinePassed)
        #expect(rig.core.tenureEpoch == nil)
    }

    @Test func anAnswerAfterItSavesNothing() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        let write = try #require(rig.write)
        rig.step(.writeSucceeded(id: write.id, revision: 12), after: Timing.calm.fence)
        #expect(rig.vacates == .deadlinePassed)
        #expect(rig.hold == nil)
    }

    @Test func aTakeoverThatIsAnsweredTooLateMakesNoMaster() throws {
        var rig = Rig.follower()
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        let write = try #require(rig.write)
        rig.step(.writeSucceeded(id: write.id, revision: 30), after: Timing.calm.fence)
        #expect(rig.hold == nil)
        #expect(rig.core.tenureEpoch == nil)
        // The record is its own: nobody holds anything, so it may swap it again.
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        #expect(rig.write?.over == 30)
    }

    @Test func anUnansweredRenewalDoesNotMoveIt() throws {
        var rig = try Rig.master()
        let deadline = try #require(rig.hold)
        rig.step(.wake, after: Timing.calm.renew)
        let write = try #require(rig.write)
        rig.step(.writeUnknown(id: write.id), after: write.limit)
        let again = try #require(rig.write)
        rig.step(.writeUnknown(id: again.id), after: again.limit)
        #expect(rig.hold == nil)
        rig.step(.wake, after: deadline - rig.now)
        #expect(rig.vacates == .deadlinePassed)
    }
}
