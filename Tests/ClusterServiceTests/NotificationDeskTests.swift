import APIProtocol
import Etcd
import NotificationCore
import Primitives
import Synchronization
import Testing

@testable import ClusterService

/// The desk over a store in memory: what is delivered, what is written down, what the next master does.
@Suite struct NotificationDeskTests {
    private let etcd = MemoryStore()
    private var store: ClusterStore { ClusterStore(etcd: etcd) }
    private static let node = NodeID("0123456789abcdef")!

    /// A takeover: its revision is that of the epoch's key.
    private func takeOver() async throws -> Epoch {
        let result = try await etcd.transaction(
            .init(then: [.put(key: ClusterKeys.epoch, value: [])]), timeout: .seconds(1))
        return Epoch(generation: 1, revision: result.revision)
    }

    private func setUp(_ ids: [String], by epoch: Epoch) async throws {
        let targets = try ids.map { id in
            try StoredTarget(
                id,
                NotificationTargetRequest(
                    kind: .webhook, name: id, webhook: .init(url: "https://x.example/", secret: "0123456789abcdef")),
                over: nil, at: 0)
        }
        try await store.change([.put(StoredTargets(targets: targets), at: ClusterKeys.notifications)], by: epoch)
    }

    private func happen(_ numbers: ClosedRange<Int64>) async throws {
        for number in numbers {
            let event = ClusterEvent(
                sequence: 0, at: Timestamp(milliseconds: number), level: .error, kind: "linkDown", message: "m",
                parameters: ["n": "\(number)"])
            try await store.append(
                String(decoding: try JSONDocument.encode(event), as: UTF8.self),
                at: ClusterKeys.event(node: Self.node, number: number))
        }
    }

    /// Runs a desk until so many deliveries were tried.
    /// - Parameter reason: why the delivery with this number to the target fails; nil: it does not.
    /// - Returns: `TARGET NUMBER` of each try, in the order of the targets' names, then of the tries.
    private func run(
        _ desk: NotificationDesk, in epoch: Epoch, until count: Int,
        fails reason: @escaping @Sendable (String, String) -> String? = { _, _ in nil },
        lost: @escaping @Sendable (String, String) -> Void = { _, _ in },
        meanwhile: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> [String] {
        let (tries, entrance) = AsyncStream.makeStream(of: String.self)
        let surroundings = NotificationDesk.Surroundings(
            store: store, epoch: epoch,
            deliver: { items, target in
                let number = items.compactMap { $0.event.parameters["n"] }.joined(separator: "+")
                entrance.yield("\(target.id) \(number)")
                guard let reason = reason(target.id, number) else {
                    return .delivered(target: target.id, at: Timestamp(milliseconds: 1))
                }
                return .failed(target: target.id, reason: reason)
            }, lost: lost)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { entrance.finish() }
                try await desk.run(surroundings)
            }
            group.addTask {
                try await meanwhile()
                await Pause.forever()
            }
            var found: [String] = []
            for await one in tries {
                found.append(one)
                if found.count == count { break }
            }
            if found.count < count { try await group.next() }
            while try await !isWrittenDown(desk) { await Task.yield() }
            group.cancelAll()
            return found
        }
    }

    /// Every answer has reached the store.
    private func isWrittenDown(_ desk: NotificationDesk) async throws -> Bool {
        guard let core = desk.core else { return false }
        for target in ["a", "b", "good", "bad"] {
            guard let kept = core.kept(of: target), let state = core.state(of: target) else { continue }
            guard state.pending == 0 || state.lastError != nil else { return false }
            let stored = try await store.get(NotificationCore.Kept.self, at: ClusterKeys.notified(target))
            guard stored?.value == kept else { return false }
        }
        return true
    }

    private func position(of target: String) async throws -> Int64? {
        try await store.get(NotificationCore.Kept.self, at: ClusterKeys.notified(target))?.value.position
    }

    @Test func deliversWhatIsThereAndWhatComes() async throws {
        let epoch = try await takeOver()
        try await setUp(["a", "b"], by: epoch)
        try await happen(1...2)
        let found = try await run(NotificationDesk(), in: epoch, until: 6, meanwhile: { try await self.happen(3...3) })
        #expect(found.filter { $0.hasPrefix("a") } == ["a 1", "a 2", "a 3"])
        #expect(found.filter { $0.hasPrefix("b") } == ["b 1", "b 2", "b 3"])
    }

    @Test func theNextMasterGoesOnAndTheOldOneWritesNothing() async throws {
        let first = try await takeOver()
        try await setUp(["a"], by: first)
        try await happen(1...2)
        #expect(try await run(NotificationDesk(), in: first, until: 2) == ["a 1", "a 2"])
        let settled = try #require(try await position(of: "a"))
        let second = try await takeOver()
        try await happen(3...4)
        // The old master does not know yet: it may deliver, but not move the position.
        let stale = await #expect(throws: APIError.self) {
            _ = try await self.run(NotificationDesk(), in: first, until: 99)
        }
        #expect(stale?.code == .staleEpoch)
        #expect(try await position(of: "a") == settled)
        #expect(try await run(NotificationDesk(), in: second, until: 2) == ["a 3", "a 4"])
    }

    @Test func whatFailsWaitsForTheNextMaster() async throws {
        let first = try await takeOver()
        try await setUp(["a"], by: first)
        try await happen(1...2)
        let failed = try await run(NotificationDesk(), in: first, until: 1, fails: { _, _ in "refused" })
        #expect(failed == ["a 1"])
        let second = try await takeOver()
        #expect(try await run(NotificationDesk(), in: second, until: 2) == ["a 1", "a 2"])
    }

    @Test func aTargetThatFailsDoesNotHoldUpAnother() async throws {
        let epoch = try await takeOver()
        try await setUp(["bad", "good"], by: epoch)
        try await happen(1...3)
        let found = try await run(
            NotificationDesk(), in: epoch, until: 4, fails: { target, _ in target == "good" ? nil : "refused" })
        #expect(found.sorted() == ["bad 1", "good 1", "good 2", "good 3"])
    }

    @Test func theHistoryKeepsWhatStillHasToBeDelivered() async throws {
        let epoch = try await takeOver()
        try await happen(1...5)
        let second = try #require(try await store.events().events.dropFirst().first)
        try await store.trim(ClusterKeys.events, keeping: 2, sparing: [second.sequence], by: epoch)
        #expect(try await store.events().events.compactMap { $0.parameters["n"] } == ["2", "4", "5"])
    }
}

/// Answers of idempotent requests in the store.
@Suite struct AnswerStoreTests {
    @Test func whoClaimedAnswersOnceAlsoAfterATakeover() async throws {
        let etcd = MemoryStore()
        let store = ClusterStore(etcd: etcd)
        func takeOver() async throws -> Epoch {
            let result = try await etcd.transaction(
                .init(then: [.put(key: ClusterKeys.epoch, value: [])]), timeout: .seconds(1))
            return Epoch(generation: 1, revision: result.revision)
        }
        let epoch = try await takeOver()
        let claim = AnswerRecord(at: Timestamp(milliseconds: 1), fingerprint: "f", sealed: nil)
        let key = ClusterKeys.answer("n")
        let ticket = try await store.change([.put(claim, at: key)], if: [.absent(key)], by: epoch)
        await #expect(throws: ConditionFailed.self) {
            try await store.change([.put(claim, at: key)], if: [.absent(key)], by: epoch)
        }
        _ = try await takeOver()
        var answered = claim
        answered.sealed = "x"
        try await store.settle(answered, at: key, over: ticket)
        #expect(try await store.get(AnswerRecord.self, at: key)?.value == answered)
        try await store.settle(AnswerRecord?.none, at: key, over: ticket)
        #expect(try await store.get(AnswerRecord.self, at: key)?.value == answered)
    }
}
