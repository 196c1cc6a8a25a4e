import APIProtocol
import Primitives

extension ClusterMember {
    func events(after: Int64?, limit: Int) async throws -> [ClusterEvent] {
        let stored = try await store.list(ClusterEvent.self, under: ClusterKeys.events)
        let events = stored.map { stored in
            var event = stored.value
            event.sequence = stored.created
            return event
        }.sorted { $0.sequence < $1.sequence }
        guard let after else { return Array(events.suffix(limit)) }
        return Array(events.filter { $0.sequence > after }.prefix(limit))
    }

    func failovers(limit: Int) async throws -> [Failover] {
        try await store.list(Failover.self, under: ClusterKeys.failovers).suffix(limit).reversed().map(\.value)
    }
}
