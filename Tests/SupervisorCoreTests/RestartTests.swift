import Primitives
import SupervisorProtocol
import Testing

@testable import SupervisorCore

@Suite struct RestartTests {
    @Test func pausesDoubleUpToTheLongest() {
        let gentle = (0..<10).map { RestartPolicy.gentle.pause(afterEarlierEnds: $0).milliseconds }
        #expect(gentle == [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
        let atOnce = (0..<3).map { RestartPolicy.atOnce.pause(afterEarlierEnds: $0).milliseconds }
        #expect(atOnce == [0, 50, 100])
        #expect(RestartPolicy.gentle.pause(afterEarlierEnds: .max) == .seconds(10))
    }

    @Test func clusterdComesBackAtOnceTheFirstTime() {
        var bench = Bench.running(Bench.member())
        #expect(bench.exits(.clusterd, .signal(11)).deeds == [.spawn(.clusterd)])
        #expect(bench.exits(.clusterd).deeds == [])
        #expect(bench.state(.clusterd) == .backoff)
        #expect(bench.pass(.milliseconds(49)).deeds == [])
        #expect(bench.pass(.milliseconds(1)).deeds == [.spawn(.clusterd)])
        #expect(bench.core.process(.clusterd)?.report.restarts == 2)
    }

    @Test func goodHealthForAMinuteForgetsEarlierEnds() {
        var bench = Bench.running(Bench.member())
        bench.exits(.etcd)
        bench.pass(.milliseconds(50))
        bench.healthy(.etcd)
        bench.pass(.seconds(59))
        bench.exits(.etcd)
        #expect(bench.core.process(.etcd)?.earlierEnds == 2)
        bench.pass(.milliseconds(100))
        bench.healthy(.etcd)
        bench.pass(.seconds(60))
        bench.exits(.etcd)
        #expect(bench.core.process(.etcd)?.earlierEnds == 1)
    }

    @Test func endsWhatHangs() {
        var bench = Bench.running(Bench.member())
        let vipd = bench.pid(.vipd)!
        for _ in 0..<2 {
            #expect(bench.send(.checked(.vipd, pid: vipd, .failed("no answer"))).deeds == [])
            #expect(bench.state(.vipd) == .unhealthy)
        }
        #expect(
            bench.send(.checked(.vipd, pid: vipd, .failed("no answer"))).deeds == [.kill(.vipd, pid: vipd)])
        #expect(bench.exits(.vipd, .signal(9)).deeds == [.spawn(.vipd)])
    }

    @Test func aGoodAnswerBetweenBadOnesForgivesThem() {
        var bench = Bench.running(Bench.member())
        let vipd = bench.pid(.vipd)!
        for _ in 0..<5 {
            bench.send(.checked(.vipd, pid: vipd, .failed("no answer")))
            bench.send(.checked(.vipd, pid: vipd, .healthy))
        }
        #expect(bench.state(.vipd) == .running)
    }

    @Test func endsWhatNeverGetsHealthy() {
        var bench = Bench()
        bench.send(.begun)
        let vipd = bench.pid(.vipd)!
        bench.send(.checked(.vipd, pid: vipd, .failed("refused")))
        #expect(bench.state(.vipd) == .starting)
        #expect(bench.pass(.seconds(10)).contains(.terminate(.vipd, pid: vipd)))
        #expect(bench.exits(.vipd, .status(0)).contains(.spawn(.vipd)))
        #expect(bench.core.process(.vipd)?.earlierEnds == 1)
    }

    @Test func anAnswerForAnEarlierLifeIsNothing() {
        var bench = Bench.running(Bench.member())
        let old = bench.pid(.vipd)!
        bench.exits(.vipd)
        #expect(bench.send(.checked(.vipd, pid: old, .healthy)).deeds == [])
        #expect(bench.state(.vipd) == .starting)
    }

    @Test func asksEachHealthyProcessAtItsInterval() {
        var bench = Bench.running(Bench.member())
        let vipd = bench.pid(.vipd)!
        #expect(bench.pass(.milliseconds(999)).deeds == [])
        #expect(bench.pass(.milliseconds(1)).deeds == [.check(.vipd, pid: vipd)])
        #expect(bench.pass(.milliseconds(1)).deeds == [])
    }

    @Test func aProgramThatCannotBeStartedIsTriedAgain() {
        var core = SupervisorCore()
        var effects: [SupervisorCore.Effect] = []
        let now = Instant(nanoseconds: 0)
        core.step(.begun, at: now, into: &effects)
        let facts = NodeFacts(membership: nil, hasIdentity: false, isRecovering: false)
        core.step(.facts(facts), at: now, into: &effects)
        effects = []
        core.step(.spawnFailed(.vipd, "no such file"), at: now, into: &effects)
        #expect(effects.deeds == [])
        #expect(core.nextWake == now + .milliseconds(50))
        core.step(.tick, at: now + .milliseconds(50), into: &effects)
        #expect(effects.deeds == [.spawn(.vipd)])
    }
}
