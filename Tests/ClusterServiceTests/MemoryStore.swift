import Etcd
import Primitives
import Synchronization

/// etcd as far as the cluster's documents need it, in memory.
final class MemoryStore: EtcdStore, EtcdMaintenance {
    private struct State {
        var revision: Int64 = 1
        var keys: [String: KeyValue] = [:]
        var past: [(revision: Int64, event: WatchEvent)] = []
        var watchers: [AsyncStream<WatchNews>.Continuation] = []
        var refuses: Bool = false
    }

    private let state = Mutex(State())

    /// While set, nothing is answered.
    var refuses: Bool {
        get { state.withLock { $0.refuses } }
        set { state.withLock { $0.refuses = newValue } }
    }

    private static func unreachable() -> EtcdError { .unreachable(.loopback, reason: "told so") }

    func transaction(
        _ transaction: Transaction, timeout: Span, at choice: EndpointChoice
    ) async throws(EtcdError) -> TransactionResult {
        guard let result = state.withLock({ Self.apply(transaction, to: &$0) }) else { throw Self.unreachable() }
        return result
    }

    private static func apply(_ transaction: Transaction, to state: inout State) -> TransactionResult? {
        guard !state.refuses else { return nil }
        let holds = transaction.comparisons.allSatisfy { comparison in
            switch comparison {
            case .modRevision(let key, let revision): state.keys[key]?.modRevision ?? 0 == revision
            case .createRevision(let key, let revision): state.keys[key]?.createRevision ?? 0 == revision
            case .version(let key, let version): state.keys[key]?.version ?? 0 == version
            case .value(let key, let value): state.keys[key]?.value == value
            }
        }
        let operations = holds ? transaction.success : transaction.failure
        let writes = operations.contains { if case .get = $0 { false } else { true } }
        if writes { state.revision += 1 }
        var events: [WatchEvent] = []
        let results = operations.map { operation -> OperationResult in
            switch operation {
            case .get(let range): return .got(found(range, in: state))
            case .put(let key, let value):
                let old = state.keys[key]
                let new = KeyValue(
                    key: key, value: value, createRevision: old?.createRevision ?? state.revision,
                    modRevision: state.revision, version: (old?.version ?? 0) + 1)
                state.keys[key] = new
                events.append(.put(new))
                return .put
            case .delete(let range):
                let gone = found(range, in: state)
                for key in gone {
                    state.keys[key.key] = nil
                    events.append(.deleted(key: key.key, revision: state.revision))
                }
                return .deleted(Int64(gone.count))
            }
        }
        state.past += events.map { (state.revision, $0) }
        if !events.isEmpty {
            for watcher in state.watchers { watcher.yield(.changed(revision: state.revision, events)) }
        }
        return TransactionResult(succeeded: holds, revision: state.revision, results: results)
    }

    private static func found(_ range: KeyRange, in state: State) -> [KeyValue] {
        switch range {
        case .key(let key): state.keys[key].map { [$0] } ?? []
        case .prefix(let prefix):
            state.keys.values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
        }
    }

    func range(_ range: KeyRange, timeout: Span, at choice: EndpointChoice) async throws(EtcdError) -> RangeResult {
        guard
            let result = state.withLock({ state in
                state.refuses ? nil : RangeResult(revision: state.revision, keys: Self.found(range, in: state))
            })
        else { throw Self.unreachable() }
        return result
    }

    func watch(_ range: KeyRange, from revision: Int64?) -> WatchSequence {
        let (news, entrance) = AsyncStream.makeStream(of: WatchNews.self)
        state.withLock { state in
            for past in state.past where past.revision >= revision ?? .max {
                entrance.yield(.changed(revision: past.revision, [past.event]))
            }
            state.watchers.append(entrance)
        }
        return WatchSequence { { await Self.next(of: news, range) } }
    }

    private static func next(of news: AsyncStream<WatchNews>, _ range: KeyRange) async -> WatchNews? {
        var iterator = news.makeAsyncIterator()
        while let one = await iterator.next() {
            guard case .changed(let revision, let events) = one else { return one }
            let mine = events.filter { event in
                switch range {
                case .key(let key): event.key == key
                case .prefix(let prefix): event.key.hasPrefix(prefix)
                }
            }
            if !mine.isEmpty { return .changed(revision: revision, mine) }
        }
        return nil
    }

    // Care of etcd itself is not this store's business.
    func members(timeout: Span) async throws(EtcdError) -> [EtcdMember] { [] }
    func addLearner(peerURLs: [String], timeout: Span) async throws(EtcdError) -> EtcdMember {
        throw Self.unreachable()
    }
    func promote(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError) { throw Self.unreachable() }
    func remove(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError) { throw Self.unreachable() }
    func update(_ member: EtcdMember.ID, peerURLs: [String], timeout: Span) async throws(EtcdError) {
        throw Self.unreachable()
    }
    func status(of endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> EtcdStatus {
        throw Self.unreachable()
    }
    func moveLeader(to member: EtcdMember.ID, timeout: Span) async throws(EtcdError) { throw Self.unreachable() }
    func alarms(timeout: Span) async throws(EtcdError) -> [EtcdAlarm] { [] }
    func disarm(_ alarm: EtcdAlarm, timeout: Span) async throws(EtcdError) { throw Self.unreachable() }
    func compact(to revision: Int64, timeout: Span) async throws(EtcdError) { throw Self.unreachable() }
    func defragment(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) { throw Self.unreachable() }
    func isHealthy(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> Bool { true }
}

extension MemoryStore {
    /// Every key and value, for what must not be there and what is to be tampered with.
    var contents: [String: String] {
        state.withLock { $0.keys.mapValues { String(decoding: $0.value, as: UTF8.self) } }
    }

    func tamper(_ key: String, _ change: (String) -> String?) {
        state.withLock { state in
            guard let old = state.keys[key] else { return }
            state.revision += 1
            let text = change(String(decoding: old.value, as: UTF8.self))
            state.keys[key] = text.map {
                KeyValue(
                    key: key, value: Array($0.utf8), createRevision: old.createRevision, modRevision: state.revision,
                    version: old.version + 1)
            }
        }
    }
}
