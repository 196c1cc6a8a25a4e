import MastershipCore
import Primitives
import Testing

/// One core with a clock of its own, driven by hand.
struct Rig {
    static let own = node("a")
    static let other = node("b")
    static let third = node("c")

    var core: MastershipCore
    var now = Instant(nanoseconds: 0)
    var effects: [MastershipCore.Effect] = []

    init(generation: UInt64 = 1, highest: Epoch = .none, timing: Timing = .calm) {
        core = MastershipCore(
            node: Self.own, session: 7, generation: generation, highest: highest, timing: timing, seed: 1)
    }

    static func node(_ digit: Character) -> NodeID {
        guard let node = NodeID(String(repeating: digit, count: 16)) else { preconditionFailure("not a digit") }
        return node
    }

    /// - Returns: the effects of this event alone.
    @discardableResult
    mutating func step(_ event: MastershipCore.Event, after span: Span = .zero) -> [MastershipCore.Effect] {
        now = now + span
        effects = []
        core.step(event, at: now, into: &effects)
        return effects
    }

    /// The swap among the last effects.
    var write: (id: UInt64, record: MasterRecord, over: Int64, limit: Span)? {
        for case .write(let id, let record, let over, _, let limit) in effects { return (id, record, over, limit) }
        return nil
    }

    var hold: Instant? {
        for case .hold(let until, _) in effects { return until }
        return nil
    }

    var wake: Instant? {
        for case .wake(let at) in effects { return at }
        return nil
    }

    var vacates: MastershipCore.LossReason? {
        for case .vacate(let reason) in effects { return reason }
        return nil
    }

    /// A master of an empty cluster: taken over at revision 10, confirmed at revision 11, both answered at once.
    static func master(timing: Timing = .calm) throws -> Rig {
        var rig = Rig(timing: timing)
        rig.step(.started)
        rig.step(.standingChanged(true))
        rig.step(.observed(Observation(record: nil, revision: 0)))
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 10))
        try rig.renew(revision: 11)
        return rig
    }

    /// Lets the next renewal become due, and answers it after `latency`.
    mutating func renew(revision: Int64, latency: Span = .zero) throws {
        if write == nil, let wake { step(.wake, after: wake - now) }
        step(.writeSucceeded(id: try #require(write).id, revision: revision), after: latency)
    }

    /// A follower that stands and has just seen another's record at revision 20.
    static func follower(of record: MasterRecord = .others()) -> Rig {
        var rig = Rig()
        rig.step(.started)
        rig.step(.standingChanged(true))
        rig.step(.observed(Observation(record: record, revision: 20, gate: 5)))
        return rig
    }
}

extension Timing {
    static let calm = made(renew: 100, fence: 1_100, take: 1_500, spread: 50)
    static let fast = made(renew: 50, fence: 250, take: 500, spread: 50)

    static func made(renew: Int64, fence: Int64, take: Int64, spread: Int64) -> Timing {
        do {
            return try Timing(
                renew: .milliseconds(renew), fence: .milliseconds(fence), take: .milliseconds(take),
                spread: .milliseconds(spread))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension MasterRecord {
    static func others(
        session: UInt64 = 9, generation: UInt64 = 1, takeover: Int64 = 15, sequence: UInt64 = 3,
        claim: Claim = .held, timing: Timing = .calm
    ) -> MasterRecord {
        MasterRecord(
            node: Rig.other, session: session, generation: generation, takeoverRevision: takeover, sequence: sequence,
            claim: claim, timing: timing)
    }
}
