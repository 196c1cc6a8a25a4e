import PacketProtocol
import Primitives
import Testing
import VIPCore
import VIPProtocol

/// A core with a clock, and what it did.
struct Bench {
    var core = VIPCore(interface: "eth0", isUp: true)
    var now = Instant(nanoseconds: 1_000_000_000_000)
    static let daemon = VIPCore.Client(1)
    static let four = Subnet("10.77.0.50/24")!
    static let six = Subnet("fd77::50/64")!
    static let stranger = HardwareAddress("02:00:00:00:00:0b")!

    static func epoch(_ revision: Int64) -> Epoch { Epoch(generation: 1, revision: revision) }

    mutating func step(_ event: VIPCore.Event, after span: Span = .zero) -> [VIPCore.Effect] {
        now = now + span
        var effects: [VIPCore.Effect] = []
        core.step(event, at: now, into: &effects)
        return effects
    }

    mutating func ask(
        _ request: VIPRequest, by client: VIPCore.Client = daemon, after span: Span = .zero
    ) -> [VIPCore.Effect] {
        step(.requested(request, by: client), after: span)
    }

    mutating func hold(
        _ revision: Int64 = 1, for length: Span = .milliseconds(150), addresses: [Subnet] = [four],
        by client: VIPCore.Client = daemon, after span: Span = .zero
    ) -> [VIPCore.Effect] {
        let deadline = now + span + length
        return ask(
            .hold(epoch: Self.epoch(revision), deadline: deadline, addresses: addresses), by: client, after: span)
    }

    static func guarding(_ addresses: [Subnet] = [four]) -> Bench {
        var bench = Bench()
        _ = bench.ask(.guarded(addresses: addresses))
        return bench
    }

    static func holding() -> Bench {
        var bench = guarding()
        _ = bench.hold()
        return bench
    }
}

@Suite struct VIPCoreHoldTests {
    @Test func takingOpensAddsAnnouncesAndAnswersInThisOrder() {
        var bench = Bench.guarding()
        let deadline = bench.now + .milliseconds(150)
        let address = Bench.four.address
        #expect(
            bench.hold() == [
                .openFence([address], until: deadline),
                .addAddresses([Bench.four]),
                .announce([address]),
                .reply(.held(epoch: Bench.epoch(1), since: bench.now), to: Bench.daemon),
                .probe(address),
            ])
    }

    @Test func takingWithoutGuardInstallsTheFenceFirst() {
        var bench = Bench()
        let effects = bench.hold()
        let address = Bench.four.address
        #expect(effects.first == .installFence(guarded: [address], open: [], until: .distantFuture))
        #expect(effects.contains(.listen([address])))
    }

    @Test func refreshOnlyProlongsTheFence() {
        var bench = Bench.holding()
        let since = bench.now
        let effects = bench.hold(after: .milliseconds(30))
        #expect(
            effects == [
                .openFence([Bench.four.address], until: bench.now + .milliseconds(150)),
                .reply(.held(epoch: Bench.epoch(1), since: since), to: Bench.daemon),
            ])
    }

    @Test func addressLifetimeIsRenewedOnceASecond() {
        var bench = Bench.holding()
        var renewals = 0
        for _ in 0..<100 where bench.hold(after: .milliseconds(30)).contains(.renewAddresses([Bench.four])) {
            renewals += 1
        }
        #expect(renewals == 2)
    }

    @Test func announcesAtItsTimes() {
        var bench = Bench.guarding()
        let start = bench.now
        _ = bench.hold(for: .seconds(30))
        var moments: [Int64] = []
        while let wake = bench.core.nextWake, wake < start + .seconds(22) {
            let effects = bench.step(.timePassed, after: wake - bench.now)
            if effects.contains(.announce([Bench.four.address])) { moments.append((bench.now - start).milliseconds) }
        }
        #expect(moments == [50, 200, 1_000, 10_000, 20_000])
    }

    @Test func afterAPauseThereIsOneAnnouncement() {
        var bench = Bench.guarding()
        _ = bench.hold(for: .seconds(30))
        #expect(bench.step(.timePassed, after: .seconds(25)) == [.announce([Bench.four.address])])
    }

    @Test func newEpochIsANewTaking() {
        var bench = Bench.holding()
        let effects = bench.hold(2, after: .milliseconds(30))
        #expect(effects.contains(.reply(.held(epoch: Bench.epoch(2), since: bench.now), to: Bench.daemon)))
        #expect(effects.contains(.announce([Bench.four.address])))
    }

    @Test func anotherListClosesWhatIsNotHeldAnyMore() {
        var bench = Bench.guarding([Bench.four, Bench.six])
        _ = bench.hold(addresses: [Bench.four, Bench.six])
        let effects = bench.hold(addresses: [Bench.six], after: .milliseconds(30))
        #expect(effects.contains(.closeFence([Bench.four.address])))
        #expect(effects.contains(.removeAddresses([Bench.four])))
        #expect(bench.core.heldAddresses == [Bench.six])
    }

    @Test func anotherPrefixLengthDoesNotCut() {
        var bench = Bench.holding()
        let wider = Subnet("10.77.0.50/16")!
        let effects = bench.hold(addresses: [wider], after: .milliseconds(30))
        #expect(effects.contains(.removeAddresses([Bench.four])))
        #expect(!effects.contains(.closeFence([Bench.four.address])))
    }
}

@Suite struct VIPCoreRefusalTests {
    private func sentence(_ effects: [VIPCore.Effect]) -> String? {
        guard case .reply(.refused(let sentence), to: Bench.daemon)? = effects.last, effects.count == 1 else {
            return nil
        }
        return sentence
    }

    @Test func lowerEpochIsRefusedAndChangesNothing() {
        var bench = Bench.guarding()
        _ = bench.hold(5)
        #expect(sentence(bench.hold(4)) == "epoch 1.4 is older than 1.5, its master was replaced")
        #expect(sentence(bench.ask(.drop(epoch: Bench.epoch(4)))) != nil)
        #expect(bench.core.heldAddresses == [Bench.four])
    }

    @Test func epochIsRememberedAfterADrop() {
        var bench = Bench.guarding()
        _ = bench.ask(.drop(epoch: Bench.epoch(9)))
        #expect(sentence(bench.hold(8)) != nil)
    }

    @Test func deadlineInThePastIsRefused() {
        var bench = Bench.guarding()
        #expect(sentence(bench.hold(for: .milliseconds(-3))) == "the deadline of epoch 1.1 passed 3.000 ms ago")
        #expect(bench.core.heldAddresses.isEmpty)
        // It does not count as seen.
        #expect(bench.hold(0).contains(.addAddresses([Bench.four])))
    }

    @Test func deadlineFarAheadIsRefused() {
        var bench = Bench.guarding()
        #expect(sentence(bench.hold(for: .seconds(61)))?.contains("is no deadline") == true)
    }
}

@Suite struct VIPCoreDropTests {
    private let cut: [VIPCore.Effect] = [.closeFence([Bench.four.address]), .removeAddresses([Bench.four])]

    @Test func dropCutsThenRemovesThenAnswers() {
        var bench = Bench.holding()
        let answer = VIPCore.Effect.reply(.dropped(epoch: Bench.epoch(1)), to: Bench.daemon)
        #expect(bench.ask(.drop(epoch: Bench.epoch(1))) == cut + [answer])
        #expect(bench.ask(.drop(epoch: Bench.epoch(1))) == [answer])
        #expect(bench.core.nextWake == nil)
    }

    @Test func deadlineDrops() {
        var bench = Bench.holding()
        #expect(bench.step(.timePassed, after: .milliseconds(149)) == [.announce([Bench.four.address])])
        #expect(bench.core.nextWake == bench.now + .milliseconds(1))
        let effects = bench.step(.timePassed, after: .milliseconds(1))
        #expect(effects == cut + [.reply(.dropped(epoch: Bench.epoch(1)), to: Bench.daemon)])
    }

    @Test func aHoldAfterTheDeadlineTakesAnew() {
        var bench = Bench.holding()
        let effects = bench.hold(after: .milliseconds(200))
        #expect(Array(effects[..<2]) == cut)
        #expect(effects.contains(.announce([Bench.four.address])))
        #expect(effects.last == .probe(Bench.four.address))
    }

    @Test func ownerThatLeavesDrops() {
        var bench = Bench.holding()
        #expect(bench.step(.clientLeft(VIPCore.Client(2))) == [])
        #expect(bench.step(.clientLeft(Bench.daemon)) == cut)
    }

    @Test func ownershipFollowsTheLastHold() {
        var bench = Bench.holding()
        _ = bench.hold(2, by: VIPCore.Client(2))
        #expect(bench.step(.clientLeft(Bench.daemon)) == [])
        #expect(bench.step(.clientLeft(VIPCore.Client(2))) == cut)
    }

    @Test func stopDropsRemovesTheFenceAndFinishes() {
        var bench = Bench.holding()
        #expect(bench.step(.stopRequested) == cut + [.removeFence, .finish])
    }
}

@Suite struct VIPCoreGuardTests {
    @Test func guardInstallsOnce() {
        var bench = Bench()
        let address = Bench.four.address
        #expect(
            bench.ask(.guarded(addresses: [Bench.four])) == [
                .installFence(guarded: [address], open: [], until: .distantFuture), .listen([address]),
            ])
        #expect(bench.ask(.guarded(addresses: [Bench.four])) == [])
    }

    @Test func guardWhileHoldingKeepsTheHeldOpen() {
        var bench = Bench.holding()
        let effects = bench.ask(.guarded(addresses: [Bench.six]))
        let all = [Bench.four.address, Bench.six.address]
        let deadline = bench.now + .milliseconds(150)
        #expect(effects.first == .installFence(guarded: all, open: [Bench.four.address], until: deadline))
    }
}

@Suite struct VIPCoreFailureTests {
    @Test func whatCannotBeOpenedIsDroppedAndTold() {
        var bench = Bench.guarding()
        let effects = bench.hold()
        let failed = bench.step(.failed(effects[0], "cannot open the fence"))
        #expect(
            failed == [
                .closeFence([Bench.four.address]), .removeAddresses([Bench.four]),
                .reply(.refused("cannot open the fence"), to: Bench.daemon),
            ])
        #expect(bench.core.heldAddresses.isEmpty)
    }

    @Test func tablesAreMadeAnewAfterAFailure() {
        var bench = Bench.guarding()
        let effects = bench.hold()
        _ = bench.step(.failed(effects[0], "no table"))
        #expect(
            bench.hold().first
                == .installFence(guarded: [Bench.four.address], open: [], until: .distantFuture))
    }

    @Test func addressesAreRemovedWhenTheFenceCannotBeClosed() {
        var bench = Bench.holding()
        let effects = bench.ask(.drop(epoch: Bench.epoch(1)))
        let failed = bench.step(.failed(effects[0], "cannot close the fence"))
        #expect(
            failed == [
                .removeAddresses([Bench.four]), .reply(.refused("cannot close the fence"), to: Bench.daemon),
            ])
    }

    @Test func theStopGoesOnAfterAFailure() {
        var bench = Bench.holding()
        let effects = bench.step(.stopRequested)
        #expect(bench.step(.failed(effects[0], "no")).suffix(2) == [.removeFence, .finish])
        #expect(bench.step(.failed(.removeFence, "no")) == [.finish])
    }
}
