/// One key, or all keys that begin alike. Keys are text.
public enum KeyRange: Hashable, Sendable {
    case key(String)
    /// - Note: An empty prefix is every key.
    case prefix(String)
}

/// A key as etcd keeps it.
public struct KeyValue: Hashable, Sendable {
    public let key: String
    public let value: [UInt8]
    /// Revision of the transaction that made the key.
    public let createRevision: Int64
    /// Revision of the last transaction that wrote it.
    public let modRevision: Int64
    /// 1 when made, one more with each write.
    public let version: Int64

    public init(key: String, value: [UInt8], createRevision: Int64, modRevision: Int64, version: Int64) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.version = version
    }
}

/// A condition on one key. A key that does not exist has revision 0 and version 0.
public enum Comparison: Hashable, Sendable {
    case modRevision(of: String, equals: Int64)
    case createRevision(of: String, equals: Int64)
    case version(of: String, equals: Int64)
    case value(of: String, equals: [UInt8])

    /// Holds when the key does not exist.
    public static func absent(_ key: String) -> Comparison { .createRevision(of: key, equals: 0) }
}

/// A step of a transaction.
public enum Operation: Hashable, Sendable {
    case put(key: String, value: [UInt8])
    case delete(KeyRange)
    case get(KeyRange)
}

/// If all comparisons hold, the first list, else the second: at once and durably.
public struct Transaction: Hashable, Sendable {
    public var comparisons: [Comparison]
    public var success: [Operation]
    public var failure: [Operation]

    public init(if comparisons: [Comparison] = [], then success: [Operation], else failure: [Operation] = []) {
        self.comparisons = comparisons
        self.success = success
        self.failure = failure
    }
}

/// What a step did.
public enum OperationResult: Hashable, Sendable {
    case put
    /// How many keys there were.
    case deleted(Int64)
    /// In the order of their keys.
    case got([KeyValue])

    /// The keys of a get; none for the others.
    public var keys: [KeyValue] { if case .got(let keys) = self { keys } else { [] } }
}

public struct TransactionResult: Hashable, Sendable {
    /// Whether the comparisons held.
    public let succeeded: Bool
    /// The store's revision afterwards; of a transaction that wrote, its own.
    public let revision: Int64
    /// One for each step of the list that was taken.
    public let results: [OperationResult]

    public init(succeeded: Bool, revision: Int64, results: [OperationResult]) {
        self.succeeded = succeeded
        self.revision = revision
        self.results = results
    }
}

public struct RangeResult: Hashable, Sendable {
    /// The store's revision of which this is the state: a watch from one more misses nothing.
    public let revision: Int64
    /// In the order of their keys.
    public let keys: [KeyValue]

    public init(revision: Int64, keys: [KeyValue]) {
        self.revision = revision
        self.keys = keys
    }
}
