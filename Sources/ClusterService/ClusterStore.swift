import APIProtocol
import Etcd
import Foundation
import JoinCore
import MembershipCore
import Primitives

/// The cluster's store, typed: JSON documents under `ClusterKeys`, and every write of a master guarded by its epoch.
struct ClusterStore: Sendable {
    static let patience = Span.seconds(3)

    let etcd: any EtcdStore & EtcdMaintenance

    func get<Value: Decodable & Sendable>(_ type: Value.Type, at key: String) async throws -> Stored<Value>? {
        guard
            let found = try await reading({ () async throws(EtcdError) in
                try await etcd.get(key, timeout: Self.patience)
            })
        else { return nil }
        return try Stored(found)
    }

    /// In the order of the keys.
    func list<Value: Decodable & Sendable>(_ type: Value.Type, under prefix: String) async throws -> [Stored<Value>] {
        try await reading { () async throws(EtcdError) in
            try await etcd.range(.prefix(prefix), timeout: Self.patience)
        }.keys.map { try Stored($0) }
    }

    /// All or nothing, and only while the epoch is the current one.
    /// - Throws: `APIError` with `staleEpoch` when the epoch was replaced, `ConditionFailed` when a condition does not
    ///   hold, `noQuorum` and `storeFull` as they say.
    /// - Returns: the write's revision.
    @discardableResult
    func change(_ changes: [Change], if conditions: [Condition] = [], by epoch: Epoch) async throws -> Int64 {
        let guarded = Transaction(
            if: [.modRevision(of: ClusterKeys.epoch, equals: epoch.revision)] + conditions.map(\.comparison),
            then: try changes.map { try $0.operation() }, else: [.get(.key(ClusterKeys.epoch))])
        let result = try await reading { () async throws(EtcdError) in
            try await etcd.transaction(guarded, timeout: Self.patience)
        }
        if result.succeeded { return result.revision }
        let stored = result.results.first?.keys.first?.modRevision ?? 0
        guard stored == epoch.revision else {
            let highest = Epoch(generation: epoch.generation, revision: stored)
            throw APIError(.staleEpoch, ["offered": "\(epoch)", "highest": "\(highest)"])
        }
        throw ConditionFailed()
    }

    /// Writes a document once, whoever is master: for events, which only add. Doing it again changes nothing.
    func append(_ document: String, at key: String) async throws {
        let once = Transaction(if: [.absent(key)], then: [.put(key: key, value: Array(document.utf8))])
        _ = try await reading { () async throws(EtcdError) in
            try await etcd.transaction(once, timeout: Self.patience)
        }
    }

    /// Completes a record over the revision with which it was begun, whoever is master; nil removes it.
    func settle(_ record: (some Encodable & Sendable)?, at key: String, over revision: Int64) async throws {
        let change = record.map { Change.put($0, at: key) } ?? .delete(key)
        let transaction = Transaction(if: [.modRevision(of: key, equals: revision)], then: [try change.operation()])
        _ = try await reading { () async throws(EtcdError) in
            try await etcd.transaction(transaction, timeout: Self.patience)
        }
    }

    /// Every event that the store has, in the order of their sequences, and the revision of which this is the state.
    func events() async throws -> (events: [ClusterEvent], revision: Int64) {
        let found = try await reading { () async throws(EtcdError) in
            try await etcd.range(.prefix(ClusterKeys.events), timeout: Self.patience)
        }
        let events = try found.keys.map { key in
            var stored = try Stored<ClusterEvent>(key)
            stored.value.sequence = stored.created
            return stored.value
        }
        return (events.sorted { $0.sequence < $1.sequence }, found.revision)
    }

    /// Removes all but the newest keys under a prefix, by their creation.
    /// - Parameter spared: creation revisions of keys that stay all the same.
    func trim(_ prefix: String, keeping count: Int, sparing spared: Set<Int64> = [], by epoch: Epoch) async throws {
        let keys = try await reading { () async throws(EtcdError) in
            try await etcd.range(.prefix(prefix), timeout: Self.patience)
        }.keys.sorted { $0.createRevision < $1.createRevision }
        // etcd takes 128 operations in a transaction.
        let old = keys.dropLast(count).filter { !spared.contains($0.createRevision) }
        for key in old.prefix(100) { try await change([.delete(key.key)], by: epoch) }
    }

    /// Puts what etcd says into the words of the API.
    func reading<Value>(_ body: () async throws(EtcdError) -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            if error.refusal == .noSpace { throw APIError(.storeFull) }
            if case .unreachable = error { throw APIError(.storeUnavailable, ["reason": "\(error)"]) }
            throw APIError(.noQuorum, ["reason": "\(error)"])
        }
    }
}

/// A document with where and when it was written.
struct Stored<Value: Sendable>: Sendable {
    let key: String
    var value: Value
    /// Revision of its last write.
    let modified: Int64
    /// Revision of its first write.
    let created: Int64
}

extension Stored where Value: Decodable {
    init(_ found: KeyValue) throws {
        do {
            value = try JSONDecoder().decode(Value.self, from: Data(found.value))
        } catch {
            throw DamagedDocument(key: found.key, reason: "\(error)")
        }
        key = found.key
        modified = found.modRevision
        created = found.createRevision
    }
}

/// A step of a guarded write.
enum Change: Sendable {
    case write(key: String, @Sendable () throws -> [UInt8])
    case delete(String)

    static func put(_ value: some Encodable & Sendable, at key: String) -> Change {
        .write(key: key) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return Array(try encoder.encode(value))
        }
    }

    func operation() throws -> Etcd.Operation {
        switch self {
        case .write(let key, let value): .put(key: key, value: try value())
        case .delete(let key): .delete(.key(key))
        }
    }
}

/// What a guarded write asks beside its epoch.
enum Condition: Sendable {
    case unchanged(String, Int64)
    case absent(String)

    var comparison: Comparison {
        switch self {
        case .unchanged(let key, let revision): .modRevision(of: key, equals: revision)
        case .absent(let key): .absent(key)
        }
    }
}

/// Somebody else changed the same document first; ask again.
struct ConditionFailed: Error, CustomStringConvertible {
    var description: String { "the document was changed meanwhile; ask again" }
}

/// A document in the store that no Keelson wrote.
struct DamagedDocument: Error, CustomStringConvertible {
    let key: String
    let reason: String
    var description: String { "the document \(key) in the cluster's store is damaged: \(reason)" }
}
