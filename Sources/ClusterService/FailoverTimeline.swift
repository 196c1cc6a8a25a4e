import APIProtocol
import MastershipCore
import Primitives

/// Puts the phases of one takeover together as they happen: contending, decided, address held, service ready.
struct FailoverTimeline: Sendable {
    private var lapse: MastershipCore.Lapse?
    private var epoch: Epoch?
    private var decidedAt: Instant?
    private var heldAt: Instant?
    private var readyAt: Instant?

    /// A takeover that is complete in all its phases.
    struct Finished: Equatable, Sendable {
        let epoch: Epoch
        let from: NodeID?
        let cause: FailoverCause
        let detected: Span
        let decided: Span
        let vipMoved: Span
        let serviceReady: Span
        let total: Span
    }

    mutating func contending(_ lapse: MastershipCore.Lapse) {
        self = FailoverTimeline()
        self.lapse = lapse
    }

    mutating func tookOver(_ epoch: Epoch, at now: Instant) {
        self.epoch = epoch
        decidedAt = now
    }

    /// The address may be held before or after the first guarded transaction; whoever comes last completes.
    mutating func held(_ epoch: Epoch, at now: Instant) -> Finished? {
        guard epoch == self.epoch, heldAt == nil else { return nil }
        heldAt = now
        return finished()
    }

    mutating func serviceReady(_ epoch: Epoch, at now: Instant) -> Finished? {
        guard epoch == self.epoch, readyAt == nil else { return nil }
        readyAt = now
        return finished()
    }

    private mutating func finished() -> Finished? {
        guard let lapse, let epoch, let decidedAt, let heldAt, let readyAt else { return nil }
        let end = max(heldAt, readyAt)
        let result = Finished(
            epoch: epoch, from: lapse.previous?.node, cause: Self.cause(of: lapse),
            detected: lapse.contendedAt - lapse.newsAt, decided: decidedAt - lapse.contendedAt,
            vipMoved: heldAt - decidedAt, serviceReady: end - heldAt, total: end - lapse.newsAt)
        self = FailoverTimeline()
        return result
    }

    private static func cause(of lapse: MastershipCore.Lapse) -> FailoverCause {
        guard let previous = lapse.previous else { return .founded }
        switch previous.claim {
        case .held: return .silence
        case .released(to: nil): return .released
        case .released: return .planned
        }
    }
}
