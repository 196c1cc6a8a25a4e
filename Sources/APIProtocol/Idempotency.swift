/// A request that its caller may send again without anything being done twice (header `Idempotency-Key`,
/// draft-ietf-httpapi-idempotency-key-header).
public struct IdempotentRequest: Equatable, Sendable {
    /// Keys of different callers have nothing to do with each other.
    public var caller: String
    public var key: String
    public var method: String
    /// With the query.
    public var path: String
    public var body: [UInt8]

    /// - Throws: `invalidValue` unless the key is 1 to 128 visible ASCII characters.
    public init(caller: String, key: String, method: String, path: String, body: [UInt8]) throws(APIError) {
        guard (1...128).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalid("Idempotency-Key", clause: "visible", ["low": "1", "high": "128"])
        }
        self.caller = caller
        self.key = key
        self.method = method
        self.path = path
        self.body = body
    }
}

/// An answer that is given again.
public struct KeptAnswer: Codable, Equatable, Sendable {
    public var status: Int
    public var contentType: String?
    public var body: [UInt8]

    public init(status: Int, contentType: String?, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

public enum IdempotencyClaim: Equatable, Sendable {
    /// Nobody was there before: do it, then `settle` with this ticket.
    case first(ticket: Int64)
    case answered(KeptAnswer)
    /// There is no cluster that could remember it.
    case unavailable
}

public protocol IdempotencyControl: Sendable {
    /// On the master.
    /// - Throws: `idempotencyMismatch`, `idempotencyUnfinished`.
    func claim(_ request: IdempotentRequest) async throws -> IdempotencyClaim
    /// Also by a node that has ceased to be the master meanwhile.
    /// - Parameter answer: nil: nothing was done, the key is free again.
    func settle(_ request: IdempotentRequest, ticket: Int64, _ answer: KeptAnswer?) async
}

extension APIErrorCode {
    /// Whether something may have been done all the same.
    public var leavesDoubt: Bool { self == .timedOut || self == .internalError }
}
