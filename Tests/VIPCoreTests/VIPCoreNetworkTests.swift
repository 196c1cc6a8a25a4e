import PacketProtocol
import Primitives
import Testing
import VIPCore
import VIPProtocol

@Suite struct VIPCoreConflictTests {
    private let seen = Sighting(address: Bench.four.address, holder: Bench.stranger)

    @Test func anotherHolderIsAnsweredAndReported() {
        var bench = Bench.holding()
        #expect(
            bench.step(.sighted(seen)) == [
                .announce([Bench.four.address]), .report(.conflict(Bench.four.address, Bench.stranger)),
            ])
    }

    @Test func aNoisyHolderDoesNotMakeAStorm() {
        var bench = Bench.guarding()
        _ = bench.hold(for: .seconds(30))
        let answers = (0..<250).map { _ in bench.step(.sighted(seen), after: .milliseconds(10)) }.filter { !$0.isEmpty }
        #expect(answers.count == 3)
    }

    @Test func whatIsNotHeldIsNobodysConflict() {
        var bench = Bench.guarding()
        #expect(bench.step(.sighted(seen)) == [])
    }
}

@Suite struct VIPCoreProbeTests {
    private let asked = IPAddress("10.77.0.99")!

    @Test func silenceIsFree() {
        var bench = Bench()
        #expect(bench.ask(.probe(asked)) == [.listen([asked]), .probe(asked)])
        #expect(bench.step(.timePassed, after: .milliseconds(150)) == [.probe(asked)])
        #expect(bench.step(.timePassed, after: .milliseconds(150)) == [.probe(asked)])
        #expect(
            bench.step(.timePassed, after: .milliseconds(150)) == [
                .reply(.probed(asked, nil), to: Bench.daemon), .listen([]),
            ])
        #expect(bench.core.nextWake == nil)
    }

    @Test func anAnswerIsUsed() {
        var bench = Bench()
        _ = bench.ask(.probe(asked))
        #expect(
            bench.step(.sighted(Sighting(address: asked, holder: Bench.stranger))) == [
                .reply(.probed(asked, Bench.stranger), to: Bench.daemon), .listen([]),
            ])
        #expect(bench.core.nextWake == nil)
    }

    @Test func twoWhoAskAreBothAnswered() {
        var bench = Bench()
        _ = bench.ask(.probe(asked))
        _ = bench.ask(.probe(asked), by: VIPCore.Client(2))
        let effects = bench.step(.sighted(Sighting(address: asked, holder: Bench.stranger)))
        #expect(effects.count == 3)
    }

    @Test func withoutALinkNothingIsFree() {
        var bench = Bench()
        _ = bench.step(.linkChanged(isUp: false))
        guard case .reply(.refused, to: Bench.daemon)? = bench.ask(.probe(asked)).first else {
            Issue.record("a probe without a link must be refused")
            return
        }
    }

    @Test func ownAddressIsRefused() {
        var bench = Bench.holding()
        guard case .reply(.refused, to: Bench.daemon)? = bench.ask(.probe(Bench.four.address)).first else {
            Issue.record("a probe for what is held must be refused")
            return
        }
    }

    @Test func probesOfWhoLeftEnd() {
        var bench = Bench()
        _ = bench.ask(.probe(asked))
        #expect(bench.step(.clientLeft(Bench.daemon)) == [.listen([])])
        #expect(bench.core.nextWake == nil)
    }
}

@Suite struct VIPCoreLinkTests {
    @Test func changesAreReportedOnce() {
        var bench = Bench()
        #expect(bench.step(.linkChanged(isUp: false)) == [.report(.link(interface: "eth0", isUp: false))])
        #expect(bench.step(.linkChanged(isUp: false)) == [])
    }

    @Test func aLinkThatComesBackGetsItsAddressesAndAnnouncements() {
        var bench = Bench.guarding()
        _ = bench.hold(for: .seconds(30))
        _ = bench.step(.timePassed, after: .seconds(5))
        _ = bench.step(.linkChanged(isUp: false))
        #expect(
            bench.step(.linkChanged(isUp: true), after: .seconds(1)) == [
                .report(.link(interface: "eth0", isUp: true)), .renewAddresses([Bench.four]),
                .announce([Bench.four.address]),
            ])
        #expect(bench.core.nextWake == bench.now + .milliseconds(50))
    }
}
