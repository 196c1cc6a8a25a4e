import NIOConcurrencyHelpers
import Primitives

/// Whether the disk of this node's store answers: one flush after the other, each timed.
final class DiskWatch: Sendable {
    private struct State: Sendable {
        var begunAt: Instant? = nil
        var last = Span.zero
        var isFailing = false
    }

    /// A flush that takes longer is no disk to be master with: four profiles fit into it.
    static let patience = Span.seconds(1)

    private let state = NIOLockedValueBox(State())

    func begins(at now: Instant) { state.withLockedValue { $0.begunAt = now } }

    func ended(after span: Span) { state.withLockedValue { $0 = State(last: span) } }

    /// - Returns: whether this is the first failure of a row.
    func failed() -> Bool {
        state.withLockedValue { state in
            defer { state = State(isFailing: true) }
            return !state.isFailing
        }
    }

    /// Whether the last flush took too long or failed, or the present one already does.
    func isStalled(at now: Instant) -> Bool {
        state.withLockedValue { state in
            state.isFailing || max(state.last, state.begunAt.map { now - $0 } ?? .zero) > Self.patience
        }
    }
}
