import AlarmCore
import CaptureProtocol
import Primitives
import StreamProtocol

/// How a protected machine's stream is, for people.
public enum MachineState: String, Codable, Sendable, CaseIterable {
    case waiting, copying, streaming, resyncing, building, paused, disconnected, full, faulted
    /// No node that keeps it is heard.
    case unknown

    public init(_ state: StreamStatus.State) {
        switch state {
        case .waiting: self = .waiting
        case .copying: self = .copying
        case .streaming: self = .streaming
        case .resyncing: self = .resyncing
        case .building: self = .building
        case .paused: self = .paused
        case .disconnected: self = .disconnected
        case .full: self = .full
        case .faulted: self = .faulted
        }
    }
}

/// A protected machine: what was asked for, where it is kept, and how its stream is.
public struct Machine: Codable, Equatable, Sendable {
    public var id: MachineID
    public var name: String
    public var volumes: [MachineVolume]
    public var policy: MachinePolicy
    /// Whether the source has its certificate.
    public var isEnrolled: Bool
    public var protectedBy: String
    public var protectedAt: Timestamp
    /// The node to which the source goes first.
    public var receiver: NodeID
    /// The node with the second copy.
    public var second: NodeID?
    /// What frees data at the source now; less than the policy's while there is no second copy.
    public var level: AcknowledgementLevel
    /// Grows with each change of the assignment.
    public var epoch: UInt64
    public var stream: MachineStream
    /// Those that are raised.
    public var alarms: [Alarm]

    public init(
        id: MachineID, name: String, volumes: [MachineVolume], policy: MachinePolicy, isEnrolled: Bool,
        protectedBy: String, protectedAt: Timestamp, receiver: NodeID, second: NodeID?, level: AcknowledgementLevel,
        epoch: UInt64, stream: MachineStream, alarms: [Alarm]
    ) {
        self.id = id
        self.name = name
        self.volumes = volumes
        self.policy = policy
        self.isEnrolled = isEnrolled
        self.protectedBy = protectedBy
        self.protectedAt = protectedAt
        self.receiver = receiver
        self.second = second
        self.level = level
        self.epoch = epoch
        self.stream = stream
        self.alarms = alarms
    }
}

/// What a user decides about a protected machine.
public struct MachinePolicy: Codable, Equatable, Sendable {
    /// What frees data at the source when all is well.
    public var level: AcknowledgementLevel
    /// An alarm is raised when data that is older is not safe.
    public var lagTargetSeconds: Int
    /// Every point of so long is kept.
    public var retentionSeconds: Int
    /// Nothing is thinned or folded meanwhile.
    public var hold: Bool
    public var paused: Bool
    /// How fast the stream may be, and when; empty: as fast as it can.
    public var limits: [RateWindow]
    /// Which points stay longer; nil from a version that keeps none.
    public var keep: [KeepRule]?

    public init(
        level: AcknowledgementLevel, lagTargetSeconds: Int, retentionSeconds: Int, hold: Bool, paused: Bool,
        limits: [RateWindow], keep: [KeepRule]? = []
    ) {
        self.keep = keep
        self.level = level
        self.lagTargetSeconds = lagTargetSeconds
        self.retentionSeconds = retentionSeconds
        self.hold = hold
        self.paused = paused
        self.limits = limits
    }
}

/// A disk of a protected machine.
public struct MachineVolume: Codable, Equatable, Sendable {
    public var name: String
    /// A multiple of the block size.
    public var sizeBytes: UInt64
    /// 512 or 4096; nil in a request means 512.
    public var blockSize: Int?

    public init(name: String, sizeBytes: UInt64, blockSize: Int? = nil) {
        self.name = name
        self.sizeBytes = sizeBytes
        self.blockSize = blockSize
    }
}

/// When the stream may be how fast.
public struct RateWindow: Codable, Equatable, Sendable {
    /// Minutes after midnight UTC, 0 to 1439; an end before the start goes over midnight.
    public var fromMinute: Int
    public var toMinute: Int
    /// 1 is Monday; empty is every day.
    public var days: [Int]
    public var bytesPerSecond: UInt64

    public init(fromMinute: Int, toMinute: Int, days: [Int], bytesPerSecond: UInt64) {
        self.fromMinute = fromMinute
        self.toMinute = toMinute
        self.days = days
        self.bytesPerSecond = bytesPerSecond
    }
}

/// How a stream is at the moment, as the node tells to which the source speaks.
public struct MachineStream: Codable, Equatable, Sendable {
    public var state: MachineState
    /// The node that told; nil: nobody did.
    public var node: NodeID?
    /// Age of the oldest write that is not safe, or how long the last one took to become safe: the measured RPO.
    public var lagSeconds: Double?
    /// At the source, not safe yet.
    public var bytesBehind: UInt64
    /// When the oldest byte was written that is not safe; nil when all are.
    public var oldestUnsafe: Timestamp?
    public var oldestPoint: Timestamp?
    public var newestPoint: Timestamp?
    /// Of a copy or resync under way.
    public var copy: CopyProgress?
    public var bytesPerSecond: UInt64
    public var journalBytes: UInt64
    public var baseBytes: UInt64
    /// Whether the second node holds everything at this moment.
    public var isReplicated: Bool
    /// Codes that the nodes add, for people under `capture.CODE` in the catalogue.
    public var notes: [String]

    public init(
        state: MachineState, node: NodeID? = nil, lagSeconds: Double? = nil, bytesBehind: UInt64 = 0,
        oldestUnsafe: Timestamp? = nil, oldestPoint: Timestamp? = nil, newestPoint: Timestamp? = nil,
        copy: CopyProgress? = nil, bytesPerSecond: UInt64 = 0, journalBytes: UInt64 = 0, baseBytes: UInt64 = 0,
        isReplicated: Bool = false, notes: [String] = []
    ) {
        self.state = state
        self.node = node
        self.lagSeconds = lagSeconds
        self.bytesBehind = bytesBehind
        self.oldestUnsafe = oldestUnsafe
        self.oldestPoint = oldestPoint
        self.newestPoint = newestPoint
        self.copy = copy
        self.bytesPerSecond = bytesPerSecond
        self.journalBytes = journalBytes
        self.baseBytes = baseBytes
        self.isReplicated = isReplicated
        self.notes = notes
    }
}

/// How far a copy or resync is.
public struct CopyProgress: Codable, Equatable, Sendable {
    public var doneBytes: UInt64
    public var totalBytes: UInt64
    /// At the present rate; nil while nothing moves.
    public var secondsLeft: Double?

    public init(doneBytes: UInt64, totalBytes: UInt64, secondsLeft: Double?) {
        self.doneBytes = doneBytes
        self.totalBytes = totalBytes
        self.secondsLeft = secondsLeft
    }
}

/// A point in time to which a machine can be opened.
public struct MachinePoint: Codable, Equatable, Sendable {
    public var generation: UInt64
    public var sequence: UInt64
    /// The source's wall clock.
    public var at: Timestamp
    public var kind: JournalPoint.Kind
    /// Of a bookmark.
    public var text: String?

    public init(generation: UInt64, sequence: UInt64, at: Timestamp, kind: JournalPoint.Kind, text: String? = nil) {
        self.generation = generation
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.text = text
    }

    public init(_ point: JournalPoint) {
        self.init(
            generation: point.generation.number, sequence: point.sequence, at: Timestamp(nanoseconds: point.time),
            kind: point.kind, text: point.text)
    }
}

/// A point that is being served over NBD.
public struct MachineExport: Codable, Equatable, Sendable {
    public var name: String
    public var node: NodeID
    /// Path of the Unix socket on that node.
    public var socket: String
    /// NBD export names, in the order of the machine's volumes.
    public var volumes: [String]
    public var point: MachinePoint
    public var writable: Bool

    public init(
        name: String, node: NodeID, socket: String, volumes: [String], point: MachinePoint, writable: Bool
    ) {
        self.name = name
        self.node = node
        self.socket = socket
        self.volumes = volumes
        self.point = point
        self.writable = writable
    }

    public init(_ place: ExportPlace, on node: NodeID) {
        self.init(
            name: place.name, node: node, socket: place.socket,
            volumes: place.volumes.map { "\(place.name)/\($0.number)" }, point: MachinePoint(place.point),
            writable: place.isWritable)
    }
}

extension Timestamp {
    /// - Parameter nanoseconds: since 1970.
    public init(nanoseconds: UInt64) { self.init(milliseconds: Int64(clamping: nanoseconds / 1_000_000)) }

    /// The last nanosecond of this millisecond, since 1970.
    public var lastNanosecond: UInt64 {
        let (product, overflow) = UInt64(clamping: milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product + 999_999
    }
}
