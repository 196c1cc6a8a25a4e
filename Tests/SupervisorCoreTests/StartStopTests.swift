import MembershipCore
import Primitives
import SupervisorProtocol
import Testing

@testable import SupervisorCore

@Suite struct StartStopTests {
    @Test func installedNodeStartsVipdThenClusterdThenConsoled() {
        var bench = Bench()
        #expect(bench.send(.begun).deeds == [.readFacts, .spawn(.vipd), .spawn(.licensed)])
        #expect(bench.core.stage == .installed)
        #expect(bench.state(.clusterd) == .waiting)
        #expect(bench.healthy(.vipd).deeds == [.spawn(.clusterd), .spawn(.consoled), .announceReady])
        #expect(bench.state(.etcd) == .stopped)
    }

    @Test func memberStartsEtcdToo() {
        var bench = Bench()
        bench.facts = Bench.member()
        #expect(
            bench.send(.begun).deeds == [
                .readFacts, .spawn(.vipd), .spawn(.etcd), .spawn(.licensed), .spawn(.captured),
            ])
        // etcd need not be healthy: without a quorum clusterd must run and say so.
        #expect(bench.healthy(.vipd).deeds == [.spawn(.clusterd), .spawn(.consoled), .announceReady])
    }

    @Test func spareRunsNoEtcd() {
        let bench = Bench.running(Bench.member(role: .spare))
        #expect(bench.state(.etcd) == .stopped)
        #expect(bench.state(.clusterd) == .running)
    }

    @Test func aBrokenNeighbourDelaysOnlySoLong() {
        var bench = Bench()
        bench.send(.begun)
        #expect(!bench.pass(.milliseconds(9_900)).contains(.spawn(.clusterd)))
        #expect(bench.pass(.milliseconds(100)).contains(.spawn(.clusterd)))
    }

    @Test func recoveringRunsNothing() {
        var bench = Bench()
        bench.facts = Bench.member()
        bench.facts.isRecovering = true
        #expect(bench.send(.begun).deeds == [.readFacts, .announceReady])
    }

    @Test func unreadableMembershipIsNotTakenForNone() {
        var bench = Bench()
        bench.unreadable = "cluster.json is damaged"
        #expect(bench.send(.begun).deeds == [.readFacts, .announceReady])
        #expect(ProcessName.allCases.allSatisfy { bench.state($0) == .stopped })
        bench.unreadable = nil
        bench.facts = Bench.member()
        #expect(bench.core.nextWake == bench.now + .seconds(5))
        #expect(
            bench.pass(.seconds(5)).deeds == [
                .readFacts, .spawn(.vipd), .spawn(.etcd), .spawn(.licensed), .spawn(.captured),
            ])
    }

    @Test func stopsInOrder() {
        var bench = Bench.running(Bench.member())
        let clusterd = bench.pid(.clusterd)!
        let consoled = bench.pid(.consoled)!
        let captured = bench.pid(.captured)!
        let vipd = bench.pid(.vipd)!
        let etcd = bench.pid(.etcd)!
        let licensed = bench.pid(.licensed)!
        #expect(bench.send(.terminate).deeds == [.announceStopping, .terminate(.clusterd, pid: clusterd)])
        #expect(bench.exits(.clusterd, .status(0)).deeds == [.terminate(.consoled, pid: consoled)])
        #expect(bench.exits(.consoled, .status(0)).deeds == [.terminate(.captured, pid: captured)])
        #expect(bench.exits(.captured, .status(0)).deeds == [.terminate(.vipd, pid: vipd)])
        #expect(bench.exits(.vipd, .status(0)).deeds == [.terminate(.etcd, pid: etcd)])
        #expect(bench.exits(.etcd, .status(0)).deeds == [.terminate(.licensed, pid: licensed)])
        #expect(bench.exits(.licensed, .status(0)).deeds == [.exit])
    }

    @Test func killsWhatDoesNotEndAndIsGoneWithinTenSeconds() {
        var bench = Bench.running(Bench.member())
        let begin = bench.now
        bench.send(.terminate)
        for name in ProcessPlan.stopOrder {
            let pid = bench.pid(name)!
            bench.now = bench.core.nextWake!
            #expect(bench.send(.tick).deeds == [.kill(name, pid: pid)])
            bench.exits(name, .signal(9))
        }
        #expect(bench.now - begin <= .seconds(10))
        #expect(bench.core.hasExited)
    }

    @Test func stopDuringBackoffEndsAtOnce() {
        var bench = Bench()
        bench.send(.begun)
        bench.exits(.vipd)
        bench.exits(.vipd)
        #expect(bench.state(.vipd) == .backoff)
        let licensed = bench.pid(.licensed)!
        #expect(
            bench.send(.request(7, .stop)).deeds == [
                .reply(7, [.ok]), .announceStopping, .terminate(.licensed, pid: licensed),
            ])
        #expect(bench.exits(.licensed, .status(0)).deeds == [.exit])
    }

    /// Its absence stops nothing: nobody waits for it, and it comes back at once, then with growing pauses.
    @Test func theLicenseValidatorHoldsNobodyUp() {
        #expect(ProcessPlan.startOrder.allSatisfy { plan in plan.after.allSatisfy { $0.process != .licensed } })
        var bench = Bench.running(Bench.member())
        #expect(bench.exits(.licensed, .signal(11)).deeds == [.spawn(.licensed)])
        #expect(bench.exits(.licensed, .signal(11)).deeds == [])
        #expect(bench.state(.licensed) == .backoff)
        #expect([.vipd, .etcd, .clusterd].allSatisfy { bench.state($0) == .running })
    }

    @Test func startOrderNamesOnlyEarlierProcesses() {
        var earlier: [ProcessName] = []
        for plan in ProcessPlan.startOrder {
            #expect(plan.after.allSatisfy { earlier.contains($0.process) })
            earlier.append(plan.name)
        }
        #expect(Set(earlier) == Set(ProcessPlan.stopOrder))
        let stopping = ProcessPlan.startOrder.map(\.stopLimit).reduce(.zero, +)
        #expect(stopping < .seconds(10))
    }
}
