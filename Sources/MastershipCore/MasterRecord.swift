import Primitives

/// The value of the key `cluster/master`: who holds mastership and on which terms.
public struct MasterRecord: Hashable, Sendable {
    public enum Claim: Hashable, Sendable {
        case held
        /// Given up after the services were frozen and the address was removed; `to` is who should take it.
        case released(to: NodeID?)
    }

    public var node: NodeID
    /// One run of the master's daemon: tells its own records from those of its previous life.
    public var session: UInt64
    public var generation: UInt64
    /// Revision of the takeover. 0 in the takeover itself, which cannot know its own revision.
    public var takeoverRevision: Int64
    /// 0 in the takeover, then one more with each renewal.
    public var sequence: UInt64
    public var claim: Claim
    public var timing: Timing

    public init(
        node: NodeID, session: UInt64, generation: UInt64, takeoverRevision: Int64, sequence: UInt64, claim: Claim,
        timing: Timing
    ) {
        self.node = node
        self.session = session
        self.generation = generation
        self.takeoverRevision = takeoverRevision
        self.sequence = sequence
        self.claim = claim
        self.timing = timing
    }
}

/// The key as one read, watch or failed swap showed it.
public struct Observation: Hashable, Sendable {
    /// nil when the key does not exist.
    public let record: MasterRecord?
    /// The key's modification revision; 0 when it does not exist.
    public let revision: Int64
    /// The gate's modification revision; 0 when it is shut, nil when the source does not tell (a watch).
    public let gate: Int64?

    public init(record: MasterRecord?, revision: Int64, gate: Int64? = nil) {
        self.record = record
        self.revision = revision
        self.gate = gate
    }

    /// `Epoch.none` when the key does not exist.
    public var epoch: Epoch {
        guard let record else { return .none }
        return Epoch(
            generation: record.generation,
            revision: record.takeoverRevision == 0 ? revision : record.takeoverRevision)
    }
}
