import Etcd
import NIOConcurrencyHelpers
import Primitives

/// etcd's transactions in memory: one store for all members of a test.
final class MemoryStore: EtcdStore, EtcdMaintenance {
    private struct State: Sendable {
        var revision: Int64 = 1
        var keys: [String: KeyValue] = [:]
    }

    private let state = NIOLockedValueBox(State())

    func transaction(
        _ transaction: Transaction, timeout: Span, at choice: EndpointChoice
    ) async throws(EtcdError) -> TransactionResult {
        state.withLockedValue { state in
            let holds = transaction.comparisons.allSatisfy { Self.holds($0, state) }
            let operations = holds ? transaction.success : transaction.failure
            let next = state.revision + 1
            let results = operations.map { Self.perform($0, &state, at: next) }
            let hasWritten = results.contains { $0 == .put || $0 == .deleted(1) }
            if hasWritten { state.revision = next }
            return TransactionResult(succeeded: holds, revision: state.revision, results: results)
        }
    }

    func range(_ range: KeyRange, timeout: Span, at choice: EndpointChoice) async throws(EtcdError) -> RangeResult {
        state.withLockedValue { RangeResult(revision: $0.revision, keys: Self.find(range, $0)) }
    }

    /// Tells nothing: a watch is a hint.
    func watch(_ range: KeyRange, from revision: Int64?) -> WatchSequence {
        WatchSequence {
            {
                let (silence, _) = AsyncStream.makeStream(of: WatchNews.self)
                for await news in silence { return news }
                return nil
            }
        }
    }

    /// Every key and value, for what must not be there and what is to be tampered with.
    var contents: [String: String] {
        state.withLockedValue { $0.keys.mapValues { String(decoding: $0.value, as: UTF8.self) } }
    }

    func tamper(_ key: String, _ change: (String) -> String?) {
        state.withLockedValue { state in
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

    private static func find(_ range: KeyRange, _ state: State) -> [KeyValue] {
        switch range {
        case .key(let key): state.keys[key].map { [$0] } ?? []
        case .prefix(let prefix):
            state.keys.values.filter { $0.key.hasPrefix(prefix) }.sorted {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            }
        }
    }

    private static func holds(_ comparison: Comparison, _ state: State) -> Bool {
        switch comparison {
        case .modRevision(let key, let revision): (state.keys[key]?.modRevision ?? 0) == revision
        case .createRevision(let key, let revision): (state.keys[key]?.createRevision ?? 0) == revision
        case .version(let key, let version): (state.keys[key]?.version ?? 0) == version
        case .value(let key, let value): state.keys[key]?.value == value
        }
    }

    private static func perform(
        _ operation: Etcd.Operation, _ state: inout State, at revision: Int64
    ) -> OperationResult {
        switch operation {
        case .get(let range): return .got(find(range, state))
        case .put(let key, let value):
            let old = state.keys[key]
            state.keys[key] = KeyValue(
                key: key, value: value, createRevision: old?.createRevision ?? revision, modRevision: revision,
                version: (old?.version ?? 0) + 1)
            return .put
        case .delete(let range):
            let found = find(range, state)
            for key in found { state.keys[key.key] = nil }
            return .deleted(Int64(found.count))
        }
    }

    // MARK: Maintenance that no test of ours asks for

    func members(timeout: Span) async throws(EtcdError) -> [EtcdMember] { [] }
    func addLearner(peerURLs: [String], timeout: Span) async throws(EtcdError) -> EtcdMember {
        preconditionFailure("no test adds members")
    }
    func promote(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError) {}
    func remove(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError) {}
    func update(_ member: EtcdMember.ID, peerURLs: [String], timeout: Span) async throws(EtcdError) {}
    func status(of endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> Etcd.EtcdStatus {
        preconditionFailure("no test asks for the status")
    }
    func moveLeader(to member: EtcdMember.ID, timeout: Span) async throws(EtcdError) {}
    func alarms(timeout: Span) async throws(EtcdError) -> [EtcdAlarm] { [] }
    func disarm(_ alarm: EtcdAlarm, timeout: Span) async throws(EtcdError) {}
    func compact(to revision: Int64, timeout: Span) async throws(EtcdError) {}
    func defragment(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) {}
    func isHealthy(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> Bool { true }
}
