import MastershipCore
import Primitives

/// The key `cluster/master` in the consensus store, as the mastership loop needs it.
protocol MasterKey: Sendable {
    /// A linearizable read of the record and the gate.
    func read() async throws -> Observation

    /// Swaps the key if its modification revision is `revision` (0: if it does not exist). A takeover writes
    /// `cluster/epoch` in the same transaction, so that its revision is the epoch's for every guarded write.
    func swap(
        _ record: MasterRecord, over revision: Int64, gate: MastershipCore.GateUse, within limit: Span
    ) async -> SwapOutcome

    /// Deletes the gate if the key's modification revision is `revision`. A full store does this, too.
    func shutGate(over revision: Int64, within limit: Span) async -> SwapOutcome

    /// Makes the gate anew if there is none and the key's modification revision is `revision`.
    func openGate(over revision: Int64, within limit: Span) async -> SwapOutcome

    /// Observations in order, from the given revision on; ends with the error that ended the watch.
    func observations(after revision: Int64) -> AsyncThrowingStream<Observation, any Error>
}

enum SwapOutcome: Sendable {
    case swapped(revision: Int64)
    case refused(current: Observation)
    /// It may or may not have happened: no answer in time.
    case unknown(String)
    /// The store is full; it may have happened all the same.
    case full(String)
    /// The store said no for another reason of its own.
    case rejected(String)

    /// Whether the swap went through or lost; false without an answer, nil when that says nothing of the store's speed.
    var isAnswered: Bool? {
        switch self {
        case .swapped, .refused: true
        case .unknown: false
        case .full, .rejected: nil
        }
    }

    /// Why the outcome is not known.
    var reason: String? {
        switch self {
        case .swapped, .refused: nil
        case .unknown(let reason), .full(let reason), .rejected(let reason): reason
        }
    }
}
