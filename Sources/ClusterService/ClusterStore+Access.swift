import AccessCore
import APIProtocol
import Etcd
import Primitives

/// What a node keeps in memory of users and sessions: as of one revision of the store.
struct AccessView: Sendable {
    var revision: Int64 = 0
    var people: [Stored<Person>] = []
    var logins: [String: LoginHistory] = [:]
    var sessions: [String: Stored<SessionRecord>] = [:]
    var settings = SecuritySettings()

    func person(_ id: String) -> Stored<Person>? { people.first { $0.value.id == id } }
    func person(named name: String) -> Stored<Person>? { people.first { $0.value.isCalled(name) } }
    func sessions(of person: String) -> [SessionRecord] { sessions.values.map(\.value).filter { $0.person == person } }
    var lackSecurityOfficer: Bool { People.lackSecurityOfficer(people.map(\.value)) }
}

extension ClusterStore {
    /// etcd takes 128 operations in a transaction.
    private static let batch: Int64 = 100

    func access() async throws -> AccessView {
        let all = try await reading { () async throws(EtcdError) in
            try await etcd.transaction(
                Transaction(then: [
                    .get(.prefix(ClusterKeys.people)), .get(.prefix(ClusterKeys.logins)),
                    .get(.prefix(ClusterKeys.sessions)), .get(.key(ClusterKeys.security)),
                ]), timeout: Self.patience)
        }
        let found = all.results.map(\.keys)
        var view = AccessView(revision: all.revision)
        view.people = try found[0].map { try Stored($0) }
        for key in found[1] {
            view.logins[String(key.key.dropFirst(ClusterKeys.logins.count))] = try Stored<LoginHistory>(key).value
        }
        for key in found[2] {
            let session = try Stored<SessionRecord>(key)
            view.sessions[session.value.id] = session
        }
        if let settings = found[3].first { view.settings = try Stored(settings).value }
        return view
    }

    /// Writes a session's last use down, from any node: only over what was read, so that an ended session stays ended.
    func touch(_ session: Stored<SessionRecord>, to record: SessionRecord) async throws {
        let touch = Transaction(
            if: [.modRevision(of: session.key, equals: session.modified)],
            then: [try Change.put(record, at: session.key).operation()])
        _ = try await reading { () async throws(EtcdError) in
            try await etcd.transaction(touch, timeout: Self.patience)
        }
    }

    /// Entries of these numbers, as far as they are there, with the numbers under which they are stored.
    func audit(_ numbers: ClosedRange<Int64>) async throws -> [(number: Int64, entry: AuditEntry)] {
        var entries: [(number: Int64, entry: AuditEntry)] = []
        var first = numbers.lowerBound
        while first <= numbers.upperBound {
            let last = min(numbers.upperBound, first + Self.batch - 1)
            let part = Transaction(then: (first...last).map { .get(.key(ClusterKeys.audit($0))) })
            let result = try await reading { () async throws(EtcdError) in
                try await etcd.transaction(part, timeout: Self.patience)
            }
            entries += try Self.numbered(result.results.flatMap(\.keys))
            first = last + 1
        }
        return entries
    }

    /// The whole trail and its head, of one moment.
    func auditTrail() async throws -> (entries: [(number: Int64, entry: AuditEntry)], head: AuditHead) {
        let all = try await reading { () async throws(EtcdError) in
            try await etcd.transaction(
                Transaction(then: [.get(.prefix(ClusterKeys.audit)), .get(.key(ClusterKeys.auditHead))]),
                timeout: Self.patience)
        }
        let found = all.results.map(\.keys)
        let head: AuditHead = try found[1].first.map { try Stored($0).value } ?? .start
        return (try Self.numbered(found[0]), head)
    }

    private static func numbered(_ keys: [KeyValue]) throws -> [(number: Int64, entry: AuditEntry)] {
        try keys.map { key in
            guard let number = Int64(key.key.dropFirst(ClusterKeys.audit.count)) else {
                throw DamagedDocument(key: key.key, reason: "it has no number")
            }
            return (number, try Stored(key).value)
        }
    }
}
