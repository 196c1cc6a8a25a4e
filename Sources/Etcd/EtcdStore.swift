import Primitives

/// The consensus store as the cluster uses it: transactions decide, watches only hint. `EtcdClient` is the real one.
public protocol EtcdStore: Sendable {
    /// - Parameter timeout: for everything, connecting included. Afterwards the outcome is unknown.
    func transaction(
        _ transaction: Transaction, timeout: Span, at choice: EndpointChoice
    ) async throws(EtcdError) -> TransactionResult

    /// A linearizable read.
    func range(_ range: KeyRange, timeout: Span, at choice: EndpointChoice) async throws(EtcdError) -> RangeResult

    /// Changes from a revision on, without a gap, over broken connections and dead members.
    /// - Parameter revision: the first of interest; nil for whatever comes after the watch is in place.
    func watch(_ range: KeyRange, from revision: Int64?) -> WatchSequence
}

extension EtcdStore {
    public func transaction(_ transaction: Transaction, timeout: Span) async throws(EtcdError) -> TransactionResult {
        try await self.transaction(transaction, timeout: timeout, at: .any)
    }

    public func range(_ range: KeyRange, timeout: Span) async throws(EtcdError) -> RangeResult {
        try await self.range(range, timeout: timeout, at: .any)
    }

    /// One key, nil when it does not exist.
    public func get(_ key: String, timeout: Span) async throws(EtcdError) -> KeyValue? {
        try await range(.key(key), timeout: timeout, at: .any).keys.first
    }
}

/// Care of etcd itself.
public protocol EtcdMaintenance: Sendable {
    func members(timeout: Span) async throws(EtcdError) -> [EtcdMember]
    /// - Returns: the new member. Refused with `tooManyLearners` while there is one, with `unhealthyCluster` while the
    ///   peers have not been connected for five seconds.
    func addLearner(peerURLs: [String], timeout: Span) async throws(EtcdError) -> EtcdMember
    /// Refused with `learnerNotReady` until it has caught up.
    func promote(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError)
    func remove(_ member: EtcdMember.ID, timeout: Span) async throws(EtcdError)
    func update(_ member: EtcdMember.ID, peerURLs: [String], timeout: Span) async throws(EtcdError)
    func status(of endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> EtcdStatus
    /// Asks the leader, wherever it is.
    func moveLeader(to member: EtcdMember.ID, timeout: Span) async throws(EtcdError)
    func alarms(timeout: Span) async throws(EtcdError) -> [EtcdAlarm]
    func disarm(_ alarm: EtcdAlarm, timeout: Span) async throws(EtcdError)
    /// Forgets the history before the revision.
    func compact(to revision: Int64, timeout: Span) async throws(EtcdError)
    /// Gives free pages back to the file system; the member answers nothing meanwhile.
    func defragment(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError)
    /// Whether the member can commit: it has a leader and no alarm.
    func isHealthy(_ endpoint: EtcdEndpoint, timeout: Span) async throws(EtcdError) -> Bool
}

public struct EtcdMember: Hashable, Sendable {
    /// etcd's own number of the member; etcdctl prints it in hexadecimal.
    public struct ID: Hashable, Sendable, CustomStringConvertible {
        public let number: UInt64

        public init(number: UInt64) { self.number = number }

        public var description: String { String(number, radix: 16) }
    }

    public let id: ID
    /// Empty until the member has started for the first time. Ours are node ids.
    public let name: String
    public let peerURLs: [String]
    public let clientURLs: [String]
    public let isLearner: Bool

    public init(id: ID, name: String, peerURLs: [String], clientURLs: [String], isLearner: Bool) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.clientURLs = clientURLs
        self.isLearner = isLearner
    }
}

/// What one member says of itself.
public struct EtcdStatus: Hashable, Sendable {
    public let member: EtcdMember.ID
    /// nil without a leader.
    public let leader: EtcdMember.ID?
    public let raftTerm: UInt64
    public let raftIndex: UInt64
    public let revision: Int64
    /// Bytes of the file and of what it holds.
    public let databaseSize: Int64
    public let databaseSizeInUse: Int64
    public let isLearner: Bool
    public let version: String
    /// As etcd words them; empty when all is well.
    public let errors: [String]

    public init(
        member: EtcdMember.ID, leader: EtcdMember.ID?, raftTerm: UInt64, raftIndex: UInt64, revision: Int64,
        databaseSize: Int64, databaseSizeInUse: Int64, isLearner: Bool, version: String, errors: [String]
    ) {
        self.member = member
        self.leader = leader
        self.raftTerm = raftTerm
        self.raftIndex = raftIndex
        self.revision = revision
        self.databaseSize = databaseSize
        self.databaseSizeInUse = databaseSizeInUse
        self.isLearner = isLearner
        self.version = version
        self.errors = errors
    }

    public var isLeader: Bool { leader == member }
}

public struct EtcdAlarm: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case noSpace = "NOSPACE"
        case corrupt = "CORRUPT"
    }

    public let member: EtcdMember.ID
    public let kind: Kind

    public init(member: EtcdMember.ID, kind: Kind) {
        self.member = member
        self.kind = kind
    }
}
