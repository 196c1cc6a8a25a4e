import APIProtocol
import Primitives

/// What the master last heard of each node; in memory only, a new master fills it within a second.
struct HeartbeatBook: Sendable {
    struct Entry: Sendable {
        let report: NodeReport
        let heardAt: Instant
    }

    /// Between two reports of a node.
    static let interval = Span.seconds(1)
    /// A node that is silent for longer is shown as such.
    static let silentAfter = Span.seconds(3)

    private var entries: [NodeID: Entry] = [:]
    private var expected: [NodeID: Instant] = [:]
    /// When this node began to listen: before that it cannot call anybody silent.
    private var openedAt: Instant

    init(openedAt: Instant) { self.openedAt = openedAt }

    mutating func heard(_ report: NodeReport, from node: NodeID, at now: Instant) {
        entries[node] = Entry(report: report, heardAt: now)
    }

    /// A node that is just joining counts as heard from now on.
    mutating func expect(_ node: NodeID, at now: Instant) { expected[node] = now }

    mutating func forget(_ node: NodeID) { entries[node] = nil }

    func last(of node: NodeID) -> Entry? { entries[node] }

    /// How long the node has been silent; counted from the opening for a node that was never heard.
    func silence(of node: NodeID, at now: Instant) -> Span {
        let last = max(entries[node]?.heardAt ?? openedAt, expected[node] ?? openedAt)
        return max(.zero, now - last - Self.interval)
    }

    func state(of node: NodeID, at now: Instant) -> NodeState {
        if silence(of: node, at: now) <= Self.silentAfter { return entries[node] == nil ? .unknown : .online }
        return .silent
    }
}
