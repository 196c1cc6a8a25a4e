import ConfigurationCore
import MembershipCore
import Primitives
import SupervisorProtocol

@testable import SupervisorCore

/// The core on a virtual clock: starts every process that it is asked to start, and gives out process ids.
struct Bench {
    typealias Event = SupervisorCore.Event
    typealias Effect = SupervisorCore.Effect

    var core = SupervisorCore()
    var now = Instant(nanoseconds: 1_000_000_000)
    var nextPID: Int32 = 100
    /// What the node's files say.
    var facts = NodeFacts(membership: nil, hasIdentity: false, isRecovering: false)
    var unreadable: String?

    static let node = NodeID("00000000000000aa")!
    static let configuration = NodeConfiguration(
        name: "n1", interface: "eth0", address: Subnet("10.77.0.11/24")!, data: "/d", run: "/r")

    static func membership(
        role: LocalMembership.Role = .voter, founds: Bool = true, generation: UInt64 = 1
    ) -> LocalMembership {
        LocalMembership(
            clusterName: "demo", clusterToken: "demo-1", node: node, role: role, foundsCluster: founds,
            voters: [
                .init(node: node, name: "n1", address: IPAddress("10.77.0.11")!),
                .init(node: NodeID("00000000000000bb")!, name: "n2", address: IPAddress("10.77.0.12")!),
            ],
            virtualAddresses: [Subnet("10.77.0.50/24")!],
            raft: .init(heartbeatMilliseconds: 50, electionMilliseconds: 500), generation: generation)
    }

    static func member(role: LocalMembership.Role = .voter) -> NodeFacts {
        NodeFacts(membership: membership(role: role), hasIdentity: true, isRecovering: false)
    }

    /// Sends an event and, until the core asks for nothing of that kind any more, what the outside answers at once.
    /// - Returns: every effect in order.
    @discardableResult mutating func send(_ event: Event) -> [Effect] {
        var all: [Effect] = []
        var events = [event]
        while !events.isEmpty {
            var effects: [Effect] = []
            core.step(events.removeFirst(), at: now, into: &effects)
            for effect in effects {
                switch effect {
                case .spawn(let name):
                    events.append(.spawned(name, pid: nextPID))
                    nextPID += 1
                case .readFacts: events.append(unreadable.map { .factsUnreadable($0) } ?? .facts(facts))
                case .saveTiming: events.append(.timingSaved(failure: nil))
                default: break
                }
            }
            all += effects
        }
        return all
    }

    /// Moves the clock and ticks.
    @discardableResult mutating func pass(_ span: Span) -> [Effect] {
        now = now + span
        return send(.tick)
    }

    func pid(_ name: ProcessName) -> Int32? { core.process(name)?.pid }

    func state(_ name: ProcessName) -> ProcessReport.State? { core.process(name)?.report.state }

    @discardableResult mutating func healthy(_ name: ProcessName) -> [Effect] {
        send(.checked(name, pid: pid(name)!, .healthy))
    }

    @discardableResult mutating func exits(_ name: ProcessName, _ cause: ExitCause = .status(1)) -> [Effect] {
        send(.exited(name, pid: pid(name)!, cause))
    }

    /// A node with these facts, every process healthy.
    static func running(_ facts: NodeFacts) -> Bench {
        var bench = Bench()
        bench.facts = facts
        bench.send(.begun)
        for plan in ProcessPlan.startOrder where plan.runs(with: facts) { bench.healthy(plan.name) }
        return bench
    }
}

extension [SupervisorCore.Effect] {
    /// Without reports, which are words for people.
    var deeds: [SupervisorCore.Effect] {
        filter { if case .report = $0 { false } else { true } }
    }
}
