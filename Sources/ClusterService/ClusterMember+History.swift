import APIProtocol
import Primitives

extension ClusterMember {
    func events(after: Int64?, limit: Int) async throws -> [ClusterEvent] {
        let events = try await store.events().events
        guard let after else { return Array(events.suffix(limit)) }
        return Array(events.filter { $0.sequence > after }.prefix(limit))
    }

    func failovers(limit: Int) async throws -> [Failover] {
        try await store.list(Failover.self, under: ClusterKeys.failovers).suffix(limit).reversed().map(\.value)
    }
}
