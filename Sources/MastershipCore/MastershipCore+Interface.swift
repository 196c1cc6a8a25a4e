import Primitives

extension MastershipCore {
    public enum Event: Sendable {
        case started
        /// A linearizable read, or a watch: only a hint, never more.
        case observed(Observation)
        case observeFailed
        case writeSucceeded(id: UInt64, revision: Int64)
        /// The swap's comparison failed; `current` is what the store holds.
        case writeRefused(id: UInt64, current: Observation)
        /// No answer in time: it may or may not have happened.
        case writeUnknown(id: UInt64)
        /// The store is full and takes only what makes it smaller. It may have happened all the same.
        case writeRejected(id: UInt64)
        /// Whether this node is a voter whose local probes are fine.
        case standingChanged(Bool)
        /// Takes effect with the next record that this node writes.
        case timingChosen(Timing)
        case handOverRequested(to: NodeID?)
        /// The `vacate` effect is complete: services frozen, fence cut, address gone.
        case vacated
        case wake
    }

    public enum Effect: Hashable, Sendable {
        /// Read the key; answer `observed` or `observeFailed`, the latter after a pause.
        case observe
        /// Swap the key if its modification revision is `over` (0: if it does not exist); answer within `limit`.
        case write(id: UInt64, MasterRecord, over: Int64, gate: GateUse, limit: Span)
        /// Delete the gate if the key's modification revision is `over`; answer as for a write.
        case shutGate(id: UInt64, over: Int64, limit: Span)
        /// Make the gate anew if it is shut and the key's modification revision is `over`; answer as for a write, with
        /// the gate's revision.
        case openGate(id: UInt64, over: Int64, limit: Span)
        /// Keep the address and let traffic pass until then; the kernel cuts by itself. Idempotent.
        case hold(until: Instant, Epoch)
        /// Cut the fence, freeze the master's services, remove the address; answer `vacated`.
        case vacate(LossReason)
        /// The first guarded transaction succeeded: writers may start.
        case startServices(Epoch)
        /// Make the highest epoch durable in the local file.
        case remember(Epoch)
        /// Replaces every earlier wake.
        case wake(at: Instant)
        case report(Report)
    }

    /// What a write of the key asks of the gate, in the same transaction.
    public enum GateUse: Hashable, Sendable {
        /// A renewal leaves it as it is.
        case leave
        /// A takeover fails unless this is its modification revision.
        case mustBe(Int64)
        /// Made, or made anew.
        case open
    }

    public enum LossReason: Hashable, Sendable {
        case deadlinePassed
        case deposed(by: NodeID?)
        case handedOver
    }

    /// How a takeover came about, for the failover history.
    public struct Lapse: Hashable, Sendable {
        /// nil when there was no master before.
        public let previous: MasterRecord?
        public let newsAt: Instant
        public let contendedAt: Instant
    }

    public enum Report: Hashable, Sendable {
        case contending(Lapse)
        case tookOver(Epoch)
        case lost(Epoch, LossReason)
        case released(Epoch, to: NodeID?)
        /// This node does not stand: recovery must raise the generation.
        case storeWentBackwards(seen: Epoch, highest: Epoch)
    }

    public enum Role: Sendable {
        case follower
        case contender(Write)
        case master(Tenure)
        /// Master that gives up: vacating, then writing the released record.
        case departing(Departure)
    }

    public struct Write: Sendable {
        enum Kind: Sendable {
            case record(GateUse)
            case shutGate
            case openGate
        }

        let id: UInt64
        let kind: Kind
        /// The key's value once this is done.
        let record: MasterRecord
        /// The revision that it replaces, or that must be current.
        let over: Int64
        /// By which a deadline counts from `sentAt`.
        let fence: Span
        let sentAt: Instant
    }

    public struct Tenure: Sendable {
        public let epoch: Epoch
        var revision: Int64
        var sequence: UInt64
        public internal(set) var deadline: Instant
        var renewAt: Instant
        var inFlight: Write?
        /// The shortest fence of all records that may follow the present one: one of them may be in the store.
        var leastFence: Span
        /// As far as this node knows.
        var isGateShut = false
        /// The first guarded transaction went through.
        public internal(set) var isConfirmed: Bool
    }

    public struct Departure: Sendable {
        var tenure: Tenure
        let successor: NodeID?
        var isVacated: Bool
    }
}
