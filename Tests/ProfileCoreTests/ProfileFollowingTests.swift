import MastershipCore
import Primitives
import ProfileCore
import Testing

@Suite struct ProfileFollowingTests {
    let start = Instant(nanoseconds: 1_000_000_000)

    func effects(of core: inout ProfileCore, _ events: [(ProfileCore.Event, Span)]) -> [ProfileCore.Effect] {
        var effects: [ProfileCore.Effect] = []
        for (event, after) in events { core.step(event, at: start + after, into: &effects) }
        return effects
    }

    @Test(arguments: Profile.allCases)
    func everyProfileIsSafe(profile: Profile) throws {
        let timing = profile.timing
        _ = try Timing(renew: timing.renew, fence: timing.fence, take: timing.take, spread: timing.spread)
    }

    @Test func aProbeChoosesTheFastestThatFits() {
        let quick = Probe(sync: .milliseconds(2), roundTrip: .zero, wakeUpDelay: .milliseconds(1))
        #expect(Profile.fitting(quick) == .instant)
        #expect(
            Profile.fitting(Probe(sync: .milliseconds(4), roundTrip: .zero, wakeUpDelay: .milliseconds(1))) == .fast)
        #expect(
            Profile.fitting(Probe(sync: .milliseconds(90), roundTrip: .zero, wakeUpDelay: .milliseconds(1))) == .slow)
    }

    @Test func oneRenewalNearTheFenceIsEnoughToSlowDown() {
        var core = ProfileCore(profile: .instant, at: start)
        let fence = Profile.instant.timing.fence
        #expect(
            effects(of: &core, [(.renewed(age: fence * 3 / 4 + .milliseconds(1)), .zero)]) == [
                .use(.fast, .renewalNearFence)
            ])
    }

    @Test func aHealthyRenewalChangesNothing() {
        var core = ProfileCore(profile: .instant, at: start)
        #expect(effects(of: &core, [(.renewed(age: .milliseconds(31)), .zero)]).isEmpty)
        #expect(core.profile == .instant)
    }

    @Test func whatTheOperatorChoseIsMadeSlowerWhenTheMachineDoesNotHoldIt() {
        var core = ProfileCore(profile: .calm, at: start)
        let slow = effects(
            of: &core,
            [
                (.chosen(.instant), .zero), (.renewalUnanswered, .seconds(1)), (.renewalUnanswered, .seconds(2)),
            ])
        #expect(slow == [.use(.instant, .operator), .use(.fast, .renewalNearFence)])
    }

    @Test func neverFasterThanTheOperatorChose() {
        var core = ProfileCore(profile: .calm, at: start)
        _ = effects(of: &core, [(.chosen(.calm), .zero), (.renewed(age: .milliseconds(1)), .seconds(1))])
        let quietHour = ProfileCore.quietTime + .seconds(2)
        #expect(effects(of: &core, [(.renewed(age: .milliseconds(1)), quietHour)]).isEmpty)
        #expect(core.profile == .calm)
    }

    @Test func fasterAgainOnlyAfterAQuietHour() {
        var core = ProfileCore(profile: .calm, at: start)
        let almost = ProfileCore.quietTime - .seconds(1)
        #expect(effects(of: &core, [(.renewed(age: .milliseconds(1)), almost)]).isEmpty)
        let hour = ProfileCore.quietTime + .seconds(1)
        #expect(effects(of: &core, [(.renewed(age: .milliseconds(1)), hour)]) == [.use(.fast, .quiet)])
    }

    @Test func oneFaultIsOneStepSlower() {
        var core = ProfileCore(profile: .instant, at: start)
        let unanswered = (0..<10).map { (ProfileCore.Event.renewalUnanswered, Span.milliseconds(10 * $0)) }
        #expect(effects(of: &core, unanswered) == [.use(.fast, .renewalNearFence)])
    }

    /// The renewal after an unanswered one is late because of it: one hiccup of the store is not two.
    @Test func anUnansweredRenewalAndTheLateOneAfterItAreOneHiccup() {
        var core = ProfileCore(profile: .instant, at: start)
        let hiccup: [(ProfileCore.Event, Span)] = [
            (.renewalUnanswered, .milliseconds(73)), (.renewed(age: .milliseconds(75)), .milliseconds(75)),
        ]
        #expect(effects(of: &core, hiccup).isEmpty)
        let second = hiccup.map { ($0.0, $0.1 + .seconds(5)) }
        #expect(effects(of: &core, second) == [.use(.fast, .renewalNearFence)])
    }

    @Test func lateWakesAndSlowSyncsSlowDownOnlyInBursts() {
        var core = ProfileCore(profile: .instant, at: start)
        let rare = (0..<5).map { (ProfileCore.Event.woke(late: .milliseconds(9)), Span.seconds(11 * $0)) }
        #expect(effects(of: &core, rare).isEmpty)
        let burst = (0..<3).map { (ProfileCore.Event.synced(.milliseconds(4)), Span.seconds(100 + $0)) }
        #expect(effects(of: &core, burst) == [.use(.fast, .slowSync)])
    }

    @Test func aProfileLastsAfterAMinuteOrByAnOperatorsWish() {
        var core = ProfileCore(profile: .instant, at: start)
        #expect(!core.isLasting(at: start + .seconds(59)))
        #expect(core.isLasting(at: start + .seconds(60)))
        _ = effects(of: &core, [(.renewed(age: .milliseconds(129)), .seconds(61))])
        #expect(!core.isLasting(at: start + .seconds(120)))
        #expect(core.isLasting(at: start + .seconds(121)))
        _ = effects(of: &core, [(.chosen(.slow), .seconds(122))])
        #expect(core.isLasting(at: start + .seconds(122)))
    }
}
