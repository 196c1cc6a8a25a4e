import MembershipCore
import Primitives
import SupervisorProtocol
import Testing

@testable import SupervisorCore

@Suite struct RequestTests {
    @Test func reportsEveryProcess() {
        var bench = Bench.running(Bench.member(role: .spare))
        #expect(
            bench.send(.request(1, .status)).deeds == [
                .reply(
                    1,
                    [
                        .process(ProcessReport(name: "vipd", state: .running, pid: 100, restarts: 0)),
                        .process(ProcessReport(name: "etcd", state: .stopped, pid: nil, restarts: 0)),
                        .process(ProcessReport(name: "clusterd", state: .running, pid: 103, restarts: 0)),
                        .process(ProcessReport(name: "licensed", state: .running, pid: 101, restarts: 0)),
                        .process(ProcessReport(name: "captured", state: .running, pid: 102, restarts: 0)),
                        .process(ProcessReport(name: "consoled", state: .running, pid: 104, restarts: 0)),
                        .ok,
                    ])
            ])
        #expect(bench.send(.request(1, .ping)).deeds == [.reply(1, [.ok])])
    }

    @Test func setupStartsEtcdAndClusterdAnew() {
        var bench = Bench.running(NodeFacts(membership: nil, hasIdentity: true, isRecovering: false))
        #expect(bench.core.stage == .inSetup)
        bench.facts = Bench.member()
        let clusterd = bench.pid(.clusterd)!
        #expect(
            bench.send(.request(3, .reload)).deeds == [
                .readFacts, .reply(3, [.ok]), .spawn(.etcd), .spawn(.captured), .terminate(.clusterd, pid: clusterd),
            ])
        #expect(bench.exits(.clusterd, .status(0)).deeds == [.spawn(.clusterd)])
        #expect(bench.core.process(.clusterd)?.earlierEnds == 0)
    }

    @Test func reloadWithoutAChangeStartsNothing() {
        var bench = Bench.running(Bench.member())
        #expect(bench.send(.request(3, .reload)).deeds == [.readFacts, .reply(3, [.ok])])
    }

    @Test func reloadOfADamagedFileChangesNothing() {
        var bench = Bench.running(Bench.member())
        bench.unreadable = "cluster.json is damaged"
        #expect(
            bench.send(.request(3, .reload)).deeds == [.readFacts, .reply(3, [.error("cluster.json is damaged")])])
        #expect(bench.state(.etcd) == .running)
        #expect(bench.core.stage == .member)
    }

    @Test func recoveryStopsAllAndStartsAllAgain() {
        var bench = Bench.running(Bench.member())
        bench.facts.isRecovering = true
        bench.send(.request(1, .reload))
        for name in ProcessPlan.stopOrder { bench.exits(name, .status(0)) }
        #expect(ProcessName.allCases.allSatisfy { bench.state($0) == .stopped })
        bench.facts = NodeFacts(
            membership: Bench.membership(generation: 2), hasIdentity: true, isRecovering: false)
        #expect(
            bench.send(.request(1, .reload)).deeds == [
                .readFacts, .reply(1, [.ok]), .spawn(.vipd), .spawn(.etcd), .spawn(.licensed), .spawn(.captured),
            ])
    }

    @Test func aProcessWantedAgainWhileItEndsComesBackAtOnce() {
        var bench = Bench.running(Bench.member())
        bench.facts = Bench.member(role: .spare)
        bench.send(.request(1, .reload))
        bench.exits(.clusterd, .status(0))
        bench.healthy(.clusterd)
        #expect(bench.state(.etcd) == .stopping)
        bench.facts = Bench.member()
        bench.send(.request(1, .reload))
        #expect(bench.exits(.etcd, .status(0)).deeds.contains(.spawn(.etcd)))
        #expect(bench.core.process(.etcd)?.earlierEnds == 0)
    }

    // MARK: etcd's timings

    private static let fast = LocalMembership.RaftTiming(heartbeatMilliseconds: 10, electionMilliseconds: 100)
    private static let request = SupervisorRequest.raft(heartbeatMilliseconds: 10, electionMilliseconds: 100)

    @Test func newTimingsAreSavedThenUsedThenAnswered() {
        var bench = Bench.running(Bench.member())
        let etcd = bench.pid(.etcd)!
        #expect(
            bench.send(.request(5, Self.request)).deeds == [.saveTiming(Self.fast), .terminate(.etcd, pid: etcd)])
        #expect(bench.exits(.etcd, .status(0)).deeds == [.spawn(.etcd)])
        #expect(bench.core.membership?.raft == Self.fast)
        #expect(bench.healthy(.etcd).deeds == [.reply(5, [.ok])])
        #expect(bench.send(.request(5, Self.request)).deeds == [.reply(5, [.ok])])
    }

    @Test func newTimingsThatCannotBeSavedChangeNothing() {
        var bench = Bench.running(Bench.member())
        var effects: [SupervisorCore.Effect] = []
        bench.core.step(.request(5, Self.request), at: bench.now, into: &effects)
        effects = []
        bench.core.step(.timingSaved(failure: "the disk is full"), at: bench.now, into: &effects)
        #expect(effects.deeds == [.reply(5, [.error("the disk is full")])])
        #expect(bench.state(.etcd) == .running)
    }

    @Test func onlyOneChangeOfTimingsAtATime() {
        var bench = Bench.running(Bench.member())
        bench.send(.request(5, Self.request))
        #expect(
            bench.send(.request(6, .raft(heartbeatMilliseconds: 20, electionMilliseconds: 200))).deeds
                == [.reply(6, [.error("another change of etcd's timings is under way")])])
        var spare = Bench.running(Bench.member(role: .spare))
        #expect(
            spare.send(.request(6, Self.request)).deeds == [.reply(6, [.error("this node runs no etcd")])])
    }

    @Test func timingsThatEtcdDoesNotStartWithAreReported() {
        var bench = Bench.running(Bench.member())
        bench.send(.request(5, Self.request))
        bench.exits(.etcd, .status(0))
        let effects = bench.pass(.seconds(123)).deeds
        #expect(
            effects.contains(.reply(5, [.error("etcd did not get healthy with the new timings in time")])))
    }

    // MARK: a full etcd

    @Test func healsAFullEtcdOnceAtATime() {
        var bench = Bench.running(Bench.member())
        let etcd = bench.pid(.etcd)!
        #expect(bench.send(.checked(.etcd, pid: etcd, .noSpace)).deeds == [.heal])
        #expect(bench.send(.checked(.etcd, pid: etcd, .noSpace)).deeds == [])
        bench.send(.healed(failure: "no leader"))
        #expect(bench.send(.checked(.etcd, pid: etcd, .noSpace)).deeds == [])
        bench.now = bench.now + .seconds(30)
        #expect(bench.send(.checked(.etcd, pid: etcd, .noSpace)).deeds.contains(.heal))
        #expect(bench.state(.etcd) == .running)
    }
}
