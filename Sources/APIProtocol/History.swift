import Primitives

/// Why mastership changed.
public enum FailoverCause: String, Codable, Sendable, CaseIterable {
    /// The first master of a cluster.
    case founded
    /// The master's renewals stopped: power, network, or a hung daemon.
    case silence
    /// Handed over on request.
    case planned
    /// The master gave up by itself: stopped, failing probes.
    case released
}

/// One change of master, with what each phase took. All spans in milliseconds.
public struct Failover: Codable, Equatable, Sendable {
    /// The new mastership, `generation.revision`.
    public var epoch: String
    public var from: NodeID?
    public var to: NodeID
    public var cause: FailoverCause
    /// From the last sign of the old master to noticing that it is overdue.
    public var detectedMilliseconds: Double
    /// From noticing to the won swap.
    public var decidedMilliseconds: Double
    /// From the won swap to the address answering.
    public var vipMovedMilliseconds: Double
    /// From the address answering to the service ready.
    public var serviceReadyMilliseconds: Double
    public var totalMilliseconds: Double
    /// When the service was ready, by the new master's wall clock.
    public var at: Timestamp

    public init(
        epoch: String, from: NodeID?, to: NodeID, cause: FailoverCause, detectedMilliseconds: Double,
        decidedMilliseconds: Double, vipMovedMilliseconds: Double, serviceReadyMilliseconds: Double,
        totalMilliseconds: Double, at: Timestamp
    ) {
        self.epoch = epoch
        self.from = from
        self.to = to
        self.cause = cause
        self.detectedMilliseconds = detectedMilliseconds
        self.decidedMilliseconds = decidedMilliseconds
        self.vipMovedMilliseconds = vipMovedMilliseconds
        self.serviceReadyMilliseconds = serviceReadyMilliseconds
        self.totalMilliseconds = totalMilliseconds
        self.at = at
    }
}

/// How much an event matters.
public enum EventLevel: String, Codable, Sendable, CaseIterable {
    case info
    case warning
    case error
}

/// Something that happened, for people.
public struct ClusterEvent: Codable, Equatable, Sendable {
    /// Grows with each event of the cluster.
    public var sequence: Int64
    public var at: Timestamp
    public var level: EventLevel
    /// A word for programs, as `nodeJoined`; sentences are in the catalogue under `event.KIND` where known.
    public var kind: String
    /// The node that it is about.
    public var node: NodeID?
    /// One English sentence.
    public var message: String
    /// What the sentence is filled with.
    public var parameters: [String: String]

    public init(
        sequence: Int64, at: Timestamp, level: EventLevel, kind: String, node: NodeID? = nil, message: String,
        parameters: [String: String] = [:]
    ) {
        self.sequence = sequence
        self.at = at
        self.level = level
        self.kind = kind
        self.node = node
        self.message = message
        self.parameters = parameters
    }
}

/// A list answer.
public struct ItemList<Item: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    public var items: [Item]

    public init(_ items: [Item]) { self.items = items }
}
