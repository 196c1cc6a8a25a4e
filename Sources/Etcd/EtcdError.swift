/// How a request to etcd may fail.
public enum EtcdError: Error, Equatable, Sendable {
    /// No connection was made: nothing has happened.
    case unreachable(EtcdEndpoint, reason: String)
    /// No answer in time, or the connection broke: etcd may have done it or not. Read again.
    case outcomeUnknown(EtcdEndpoint, reason: String)
    /// etcd said no. With `noSpace` a write may nevertheless have been applied: read again.
    case refused(EtcdRefusal)
    /// The answer is not what etcd 3.5 sends.
    case unreadable(EtcdEndpoint, reason: String)

    /// Whether a write may have been applied in spite of the error.
    public var mayHaveHappened: Bool {
        switch self {
        case .unreachable: false
        case .outcomeUnknown, .unreadable: true
        case .refused(let refusal): refusal.kind == .noSpace
        }
    }

    /// The kind of refusal; nil for every other error.
    public var refusal: EtcdRefusal.Kind? {
        if case .refused(let refusal) = self { refusal.kind } else { nil }
    }
}

extension EtcdError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let endpoint, let reason): "etcd at \(endpoint) cannot be reached: \(reason)"
        case .outcomeUnknown(let endpoint, let reason):
            "etcd at \(endpoint) gave no answer, the outcome is unknown: \(reason)"
        case .refused(let refusal): "etcd refused: \(refusal.message) (code \(refusal.code))"
        case .unreadable(let endpoint, let reason): "the answer of etcd at \(endpoint) cannot be read: \(reason)"
        }
    }
}

/// A refusal by etcd, told apart by its text: the gateway hands on nothing better
/// (etcd 3.5, api/v3/v3rpc/rpctypes/error.go).
public struct EtcdRefusal: Error, Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        /// The quota is used up and the alarm is set.
        case noSpace
        /// Members must be connected for five seconds before the membership changes.
        case unhealthyCluster
        /// The learner has not caught up yet.
        case learnerNotReady
        case tooManyLearners
        /// The revision that was asked for is gone.
        case compacted
        /// Newer than the present revision.
        case futureRevision
        case memberNotFound
        /// A member has this peer URL already.
        case memberExists
        case notLearner
        case notLeader
        /// The member has lost the majority.
        case noLeader
        case other
    }

    public let kind: Kind
    /// gRPC's status code.
    public let code: Int
    public let message: String

    public init(code: Int, message: String) {
        self.code = code
        self.message = message
        kind = Self.texts.first { message.contains($0.0) }?.1 ?? .other
    }

    private static let texts: [(String, Kind)] = [
        ("database space exceeded", .noSpace),
        ("unhealthy cluster", .unhealthyCluster),
        ("can only promote a learner member which is in sync with leader", .learnerNotReady),
        ("too many learner members", .tooManyLearners),
        ("required revision has been compacted", .compacted),
        ("required revision is a future revision", .futureRevision),
        ("member not found", .memberNotFound),
        ("member ID already exist", .memberExists),
        ("Peer URLs already exists", .memberExists),
        ("can only promote a learner member", .notLearner),
        ("not leader", .notLeader),
        ("no leader", .noLeader),
    ]

    /// Refusals after which nobody knows whether the write was done: proposals that timed out inside of etcd.
    var leavesOutcomeUnknown: Bool {
        let texts = ["request timed out", "leader changed", "server stopped", "request cancelled"]
        if texts.contains(where: message.contains) { return true }
        // 1 cancelled, 4 deadline exceeded, 14 unavailable (the gateway lost its own connection to etcd).
        return kind == .other && [1, 4, 14].contains(code)
    }
}
