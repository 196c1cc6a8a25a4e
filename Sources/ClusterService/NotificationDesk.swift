import APIProtocol
import Etcd
import Linux
import NIOConcurrencyHelpers
import NotificationCore
import Primitives

/// Where the notification core meets the world, while this node is master: one mailbox, effects in order.
final class NotificationDesk: Sendable {
    typealias Mailbox = AsyncStream<NotificationCore.Event>

    /// What a run needs of the world.
    struct Surroundings: Sendable {
        let store: ClusterStore
        let epoch: Epoch
        /// - Returns: `delivered` or `failed`.
        let deliver: @Sendable ([NotificationCore.Item], StoredTarget) async -> NotificationCore.Event
        /// The first loss at a target, with its reason.
        let lost: @Sendable (String, String) -> Void
    }

    private struct State: Sendable {
        /// The run that is under way; one that ends late must not end the next.
        var run = 0
        var core: NotificationCore?
        var targets: [StoredTarget] = []
        var entrance: Mailbox.Continuation?
    }

    private let state = NIOLockedValueBox(State())

    /// nil while this node is not the master, or has not read the store yet.
    var core: NotificationCore? { state.withLockedValue { $0.core } }

    /// After they were changed in the store.
    func use(_ targets: [StoredTarget]) {
        state.withLockedValue { state in
            state.targets = targets
            state.entrance?.yield(.configured(targets.map(\.decided), kept: [:]))
        }
    }

    /// Delivers from where the store says that the last master stopped. Ends when the store cannot be read or written,
    /// or is full of changes that it has forgotten; then everything begins from what the store says.
    func run(_ surroundings: Surroundings) async throws {
        let (mailbox, entrance) = Mailbox.makeStream()
        let run = state.withLockedValue { state in
            state = State(run: state.run + 1, entrance: entrance)
            return state.run
        }
        defer { state.withLockedValue { if $0.run == run { $0 = State(run: run) } } }
        let store = surroundings.store
        let targets = try await store.get(StoredTargets.self, at: ClusterKeys.notifications)?.value.targets ?? []
        var kept: [String: NotificationCore.Kept] = [:]
        for known in try await store.list(NotificationCore.Kept.self, under: ClusterKeys.notified) {
            kept[String(known.key.dropFirst(ClusterKeys.notified.count))] = known.value
        }
        state.withLockedValue { if $0.run == run { $0.targets = targets } }
        entrance.yield(.configured(targets.map(\.decided), kept: kept))
        let (past, revision) = try await store.events()
        for event in past { entrance.yield(.happened(event)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.feed(entrance, from: revision + 1, of: store) }
            group.addTask { try await self.consume(mailbox, entrance, surroundings, run: run) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func feed(_ entrance: Mailbox.Continuation, from revision: Int64, of store: ClusterStore)
        async throws
    {
        for try await news in store.etcd.watch(.prefix(ClusterKeys.events), from: revision) {
            guard case .changed(_, let changes) = news else { continue }
            for case .put(let found) in changes {
                var event = try Stored<ClusterEvent>(found)
                event.value.sequence = event.created
                entrance.yield(.happened(event.value))
            }
        }
    }

    private func consume(
        _ mailbox: Mailbox, _ entrance: Mailbox.Continuation, _ surroundings: Surroundings, run: Int
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var core = NotificationCore()
            var effects: [NotificationCore.Effect] = []
            var alarm: Task<Void, Never>?
            defer {
                alarm?.cancel()
                group.cancelAll()
            }
            for await event in mailbox {
                effects.removeAll(keepingCapacity: true)
                core.step(event, at: BootClock.now, into: &effects)
                state.withLockedValue { if $0.run == run { $0.core = core } }
                for effect in effects {
                    switch effect {
                    case .deliver(let id, let items):
                        guard let target = target(id) else { continue }
                        group.addTask { entrance.yield(await surroundings.deliver(items, target)) }
                    case .keep(let id):
                        guard let kept = core.kept(of: id) else { continue }
                        try await surroundings.store.change(
                            [.put(kept, at: ClusterKeys.notified(id))], by: surroundings.epoch)
                    case .gaveUp(let id, let reason): surroundings.lost(id, reason)
                    case .wake(let instant):
                        alarm?.cancel()
                        alarm = Task {
                            if await Pause.survived(max(.zero, instant - BootClock.now)) { entrance.yield(.wake) }
                        }
                    }
                }
            }
        }
    }

    private func target(_ id: String) -> StoredTarget? {
        state.withLockedValue { $0.targets.first { $0.id == id } }
    }
}
