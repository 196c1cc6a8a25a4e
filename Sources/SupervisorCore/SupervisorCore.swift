import MembershipCore
import Primitives
import SupervisorProtocol

/// Decides what the supervisor does. No I/O and no clock: events and the time go in, effects come out in the order in
/// which they must happen. Every effect but `reply`, `report` and the announcements is answered by an event.
public struct SupervisorCore: Sendable {
    /// A connection to the control socket.
    public typealias Client = UInt64

    var facts: NodeFacts?
    /// In the order of starting.
    var processes: [ManagedProcess]
    var isEnding = false
    var hasAnnouncedReady = false
    var hasExited = false
    /// Who waits for the files to be read again.
    var reloadingClients: [Client] = []
    var rereadAt: Instant?
    var timingChange: TimingChange?
    var healing = HealingState()

    /// A change of etcd's timings on its way.
    struct TimingChange: Sendable {
        let client: Client
        let timing: LocalMembership.RaftTiming
        /// Nil until etcd was asked to end.
        var giveUpAt: Instant?
    }

    /// When a full etcd was last attended to.
    struct HealingState: Sendable {
        var isRunning = false
        var notBefore: Instant?
    }

    /// While the files are unreadable they are read again this often.
    static let rereadInterval = Span.seconds(5)
    /// A healing that failed is tried again after this long.
    static let healingInterval = Span.seconds(30)

    public init(plans: [ProcessPlan] = ProcessPlan.startOrder) {
        processes = plans.map(ManagedProcess.init)
    }

    /// Nil until the node's files have been read.
    public var stage: Stage? { facts?.stage }
    public var membership: LocalMembership? { facts?.membership }

    /// The moment at which `tick` is due; nil while nothing is.
    public var nextWake: Instant? {
        var wakes = processes.compactMap(\.nextWake)
        for process in processes {
            if case .waiting(let since) = process.phase {
                wakes.append(startTime(of: process, waitingSince: since))
            }
        }
        if let rereadAt { wakes.append(rereadAt) }
        if let giveUp = timingChange?.giveUpAt { wakes.append(giveUp) }
        return wakes.min()
    }

    /// - Precondition: no event comes after the `exit` effect.
    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        precondition(!hasExited, "the supervisor has ended")
        switch event {
        case .begun: effects.append(.readFacts)
        case .facts(let facts): adopt(facts, at: now, into: &effects)
        case .factsUnreadable(let sentence): keepFacts(because: sentence, at: now, into: &effects)
        case .spawned(let name, let pid): withProcess(name) { $0.spawned(pid: pid, at: now) }
        case .spawnFailed(let name, let sentence):
            withProcess(name) { $0.spawnFailed(sentence, at: now, into: &effects) }
        case .exited(let name, let pid, let cause): exited(name, pid, cause, at: now, into: &effects)
        case .checked(let name, let pid, let result): checked(name, pid, result, at: now, into: &effects)
        case .request(let client, let request): answer(client, request, at: now, into: &effects)
        case .timingSaved(let failure): timingSaved(failure, at: now, into: &effects)
        case .healed(let failure): healed(failure, at: now, into: &effects)
        case .terminate: beginEnd(into: &effects)
        case .tick: break
        }
        settle(at: now, into: &effects)
    }

    mutating func withProcess(_ name: ProcessName, _ body: (inout ManagedProcess) -> Void) {
        guard let index = processes.firstIndex(where: { $0.plan.name == name }) else {
            preconditionFailure("'\(name)' is not among the supervisor's processes")
        }
        body(&processes[index])
    }

    func process(_ name: ProcessName) -> ManagedProcess? { processes.first { $0.plan.name == name } }
}
