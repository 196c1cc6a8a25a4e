import Primitives
import StreamProtocol

/// How one machine's stream stands on one node.
public struct StreamStatus: Hashable, Codable, Sendable {
    public enum Role: String, Codable, Sendable {
        /// The source speaks to this node.
        case receiver
        /// Another node passes the stream on to this one.
        case second
        /// Nobody speaks to this node.
        case idle
    }

    public enum State: String, Codable, Sendable, CaseIterable {
        /// Nothing has come yet.
        case waiting
        /// The first copy is under way.
        case copying
        /// Records come as they are written.
        case streaming
        /// The source brings its changed ranges; the last consistent point stays usable.
        case resyncing
        /// This node gets another node's copy.
        case building
        case paused
        /// The source is away.
        case disconnected
        /// The journal takes no more; what was acknowledged is kept.
        case full
        /// The disk under the journal failed.
        case faulted
    }

    public var machine: MachineID
    public var epoch: UInt64
    public var role: Role
    public var state: State
    /// The last record that is flushed here.
    public var generation: Generation
    public var sequence: UInt64
    /// Wall clock, nanoseconds since 1970, of the newest and oldest consistent point here; nil without one.
    public var newestPoint: UInt64?
    public var oldestPoint: UInt64?
    /// Wall clock at the source, nanoseconds since 1970, of the oldest write that is not safe; nil when all are.
    public var oldestUnsafe: UInt64?
    /// Bytes at the source that are not safe yet, as the source last said.
    public var bytesBehind: UInt64
    /// Nanoseconds from the source's clock of the newest frame to the moment when it was safe here.
    public var lag: UInt64
    /// Of a copy or resync under way: bytes done and to do; 0 of 0 without one.
    public var copiedBytes: UInt64
    public var bytesToCopy: UInt64
    /// Bytes a second over the last ten seconds.
    public var rate: UInt64
    public var journalBytes: UInt64
    public var baseBytes: UInt64
    /// Whether the other node of the assignment holds everything that is durable here.
    public var isReplicated: Bool
    /// Whether the source speaks to this node and has nothing to bring it by a copy or resync: what is not here yet
    /// comes in order.
    public var isCurrent: Bool
    /// What an operator must know, in a code of the catalogue; empty when all is well.
    public var alarms: [String]

    public init(machine: MachineID, epoch: UInt64, role: Role, state: State) {
        self.machine = machine
        self.epoch = epoch
        self.role = role
        self.state = state
        generation = Generation(0)
        sequence = 0
        bytesBehind = 0
        lag = 0
        copiedBytes = 0
        bytesToCopy = 0
        rate = 0
        journalBytes = 0
        baseBytes = 0
        isReplicated = false
        isCurrent = false
        alarms = []
    }
}

/// A point in time to which a machine can be opened.
public struct JournalPoint: Hashable, Codable, Sendable {
    public enum Kind: String, Codable, Sendable {
        case barrier
        case cut
        case bookmark
    }

    public var generation: Generation
    /// Everything up to this record is in it.
    public var sequence: UInt64
    /// Wall clock at the source, nanoseconds since 1970.
    public var time: UInt64
    public var kind: Kind
    /// Of a bookmark.
    public var text: String?

    public init(generation: Generation, sequence: UInt64, time: UInt64, kind: Kind, text: String? = nil) {
        self.generation = generation
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.text = text
    }
}
