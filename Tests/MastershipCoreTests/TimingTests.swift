import MastershipCore
import Primitives
import Testing

@Suite struct TimingTests {
    @Test(
        arguments: [
            (renew: 100, fence: 1_100, take: 1_200), (renew: 500, fence: 1_100, take: 1_500),
            (renew: 0, fence: 1, take: 900),
        ] as [(renew: Int64, fence: Int64, take: Int64)])
    func unsafeTimingIsRefused(renew: Int64, fence: Int64, take: Int64) {
        #expect(throws: UnsafeTiming.self) {
            try Timing(
                renew: .milliseconds(renew), fence: .milliseconds(fence), take: .milliseconds(take), spread: .zero)
        }
    }

    @Test func anAttemptEndsAfterAThirdOfTheFenceAtMost200Milliseconds() {
        #expect(Timing.calm.attemptLimit == .milliseconds(200))
        #expect(Timing.fast.attemptLimit == .milliseconds(250) / 3)
    }

    @Test func aLongerTimingIsAnnouncedAtOnceAndLivedByOnceAcknowledged() throws {
        var rig = try Rig.master(timing: .fast)
        rig.step(.timingChosen(.calm))
        let sentAt = try #require(rig.wake)
        rig.step(.wake, after: sentAt - rig.now)
        #expect(rig.write?.record.timing == .calm)
        #expect(rig.hold == nil)
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 12))
        #expect(rig.hold == sentAt + Timing.calm.fence)
    }

    /// The process that tends the kernel may be stopped: a longer hold may be in there until it times out.
    @Test func aShorterTimingIsLivedByAtOnceAndAnnouncedWhenNoLongerHoldIsLeft() throws {
        var rig = try Rig.master(timing: .calm)
        let longest = try #require(rig.hold)
        rig.step(.timingChosen(.fast))
        var revision: Int64 = 12
        while true {
            rig.step(.wake, after: try #require(rig.wake) - rig.now)
            let write = try #require(rig.write)
            if write.record.timing == .fast { break }
            #expect(rig.now + Timing.fast.fence < longest)
            let sentAt = rig.now
            rig.step(.writeSucceeded(id: write.id, revision: revision))
            #expect(rig.hold == sentAt + Timing.fast.fence)
            revision += 1
        }
        #expect(longest <= rig.now + Timing.fast.fence)
    }

    /// Found by the simulator (1 of 4 000 seeds): the fence was the new one, the pause before the next renewal the old.
    @Test func aShorterTimingThatIsChosenInMidRenewalBringsTheNextOneForward() throws {
        let slow = Timing.made(renew: 300, fence: 3_200, take: 4_500, spread: 50)
        var rig = try Rig.master(timing: slow)
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        let write = try #require(rig.write)
        rig.step(.timingChosen(.fast))
        rig.step(.writeSucceeded(id: write.id, revision: 12), after: .milliseconds(2))
        #expect(try #require(rig.wake) <= rig.now + Timing.fast.renew)
    }
}
