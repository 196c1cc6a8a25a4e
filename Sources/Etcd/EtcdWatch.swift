import Primitives

/// What happened to one key.
public enum WatchEvent: Hashable, Sendable {
    case put(KeyValue)
    case deleted(key: String, revision: Int64)

    public var key: String {
        switch self {
        case .put(let key): key.key
        case .deleted(let key, _): key
        }
    }

    /// Of the transaction that did it.
    public var revision: Int64 {
        switch self {
        case .put(let key): key.modRevision
        case .deleted(_, let revision): revision
        }
    }
}

/// What a watch has to tell. It is a hint: whoever decides, decides by a transaction.
public enum WatchNews: Equatable, Sendable {
    /// The watch is in place, first or again: no change from this revision on will be missed.
    case established(EtcdEndpoint, from: Int64)
    /// Changes in the order of their revisions; a revision is never split over two batches.
    case changed(revision: Int64, [WatchEvent])
    /// The connection is lost; the watch goes on by itself, with another member, from where it was.
    case interrupted(EtcdError)
}

/// The changes that a watch asked for are gone: read everything again, then watch from there.
public struct WatchCompacted: Error, Equatable, CustomStringConvertible {
    /// The oldest revision that etcd still has.
    public let oldest: Int64

    public init(oldest: Int64) { self.oldest = oldest }

    public var description: String { "etcd has forgotten the changes before revision \(oldest)" }
}

/// The news of a watch. Ends by cancelling its task, by shutting the client down, or by throwing `WatchCompacted`.
public struct WatchSequence: AsyncSequence, Sendable {
    public typealias Element = WatchNews
    /// Makes the function that waits for the next news, nil at the end.
    private let start: @Sendable () -> () async throws -> WatchNews?

    /// - Parameter start: called once for each iterator.
    public init(_ start: @escaping @Sendable () -> () async throws -> WatchNews?) { self.start = start }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(step: start()) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let step: () async throws -> WatchNews?

        public mutating func next() async throws -> WatchNews? { try await step() }
    }
}
