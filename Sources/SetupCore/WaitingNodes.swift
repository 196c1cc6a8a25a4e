import APIProtocol
import Primitives

/// The nodes that ask to join before there is a cluster. In memory: they ask again all the time.
public struct WaitingNodes: Sendable {
    public struct Entry: Equatable, Sendable {
        public var request: JoinRequest
        public var code: String
        public var since: Timestamp
        public var heard: Instant
        public var clockOffsetMilliseconds: Double?
        public var rejected: Instant?
    }

    public static let most = 64
    /// A node that asks no more is gone.
    static let forgottenAfter = Span.seconds(60)
    /// So long a rejected node is told no.
    static let rejectionHolds = Span.seconds(600)

    private var entries: [NodeID: Entry] = [:]

    public init() {}

    /// A node asks, for the first time or again.
    /// - Parameter clockOffset: its clock minus this node's, milliseconds; nil: not known, or near enough.
    /// - Throws: `joinRejected`, `tooManyWaiting`.
    public mutating func heard(
        _ request: JoinRequest, from id: NodeID, code: String, clockOffset: Double?, since: Timestamp, at now: Instant
    ) throws(APIError) {
        forget(at: now)
        if let rejected = entries[id]?.rejected {
            if now - rejected < Self.rejectionHolds { throw APIError(.joinRejected) }
            entries[id] = nil
        }
        guard entries[id] != nil || entries.count < Self.most else { throw APIError(.tooManyWaiting) }
        entries[id] = Entry(
            request: request, code: code, since: entries[id]?.since ?? since, heard: now,
            clockOffsetMilliseconds: clockOffset)
    }

    public func entry(_ id: NodeID) -> Entry? { entries[id] }

    public mutating func reject(_ id: NodeID, at now: Instant) { entries[id]?.rejected = now }
    public mutating func remove(_ id: NodeID) { entries[id] = nil }

    /// Those that wait, the longest first.
    public func waiting(at now: Instant) -> [(id: NodeID, entry: Entry)] {
        entries.sorted { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
            .filter { $0.value.rejected == nil && now - $0.value.heard < Self.forgottenAfter }
            .map { ($0.key, $0.value) }
    }

    private mutating func forget(at now: Instant) {
        entries = entries.filter { _, entry in
            entry.rejected.map { now - $0 < Self.rejectionHolds } ?? (now - entry.heard < Self.forgottenAfter)
        }
    }
}

/// Clocks of nodes that join.
public enum ClockSkew {
    /// More than this is too far for a certificate to be given out.
    public static let most = Span.seconds(30)

    /// - Returns: the joiner's clock minus this one, in milliseconds, when that is too much; nil when it is not, or not
    ///   known.
    public static func offset(sentAt: Timestamp?, receivedAt: Timestamp) -> Double? {
        guard let sentAt else { return nil }
        let (offset, overflow) = sentAt.milliseconds.subtractingReportingOverflow(receivedAt.milliseconds)
        let far = overflow || offset.magnitude > UInt64(most.milliseconds)
        return far ? Double(sentAt.milliseconds) - Double(receivedAt.milliseconds) : nil
    }

    public static func error(of node: String, offset: Double) -> APIError {
        APIError(.clockSkew, field: "sentAt", ["node": node, "seconds": "\(Int64((offset / 1_000).rounded()))"])
    }
}
