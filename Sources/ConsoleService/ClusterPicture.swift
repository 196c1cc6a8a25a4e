import APIProtocol
import Primitives

/// What the live pages show of the cluster; read with one user's rights or the console's own, which are a viewer's.
struct ClusterPicture: Sendable {
    var status: ClusterStatus
    /// Sorted by name.
    var machines: [Machine]
    /// Latest first.
    var failovers: [Failover]
    /// Latest first.
    var events: [ClusterEvent]

    static let failoverCount = 20
    static let eventCount = 100

    init(status: ClusterStatus) {
        self.status = status
        machines = []
        failovers = []
        events = []
    }

    /// - Throws: `APIError`.
    init(_ upstream: Upstream, as asker: Upstream.Asker) async throws {
        self.init(status: try await upstream.get(.status, as: asker))
        guard status.clusterName != nil else { return }
        try await readMachines(upstream, as: asker)
        try await readHistory(upstream, as: asker)
    }

    mutating func readMachines(_ upstream: Upstream, as asker: Upstream.Asker) async throws {
        machines = try await upstream.get(.machines, as: asker, of: ItemList<Machine>.self).items
    }

    mutating func readHistory(_ upstream: Upstream, as asker: Upstream.Asker) async throws {
        failovers = try await upstream.get(
            .failovers, query: "limit=\(Self.failoverCount)", as: asker, of: ItemList<Failover>.self
        ).items
        events = try await upstream.get(
            .events, query: "limit=\(Self.eventCount)", as: asker, of: ItemList<ClusterEvent>.self
        ).items.reversed()
    }

    func name(of node: NodeID?) -> String? {
        node.map { node in status.nodes.first { $0.id == node }?.name ?? node.text }
    }
}
