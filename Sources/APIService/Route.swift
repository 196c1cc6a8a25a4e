import APIProtocol
import FoundationEssentials

/// One endpoint and what it does: free of HTTP, so that the handlers are plain functions.
struct Route: Sendable {
    let endpoint: Endpoint
    let handle: @Sendable (RouteRequest) async throws -> RouteAnswer

    init(_ endpoint: Endpoint, _ handle: @escaping @Sendable (RouteRequest) async throws -> RouteAnswer) {
        self.endpoint = endpoint
        self.handle = handle
    }
}

/// What a handler gets to see of a request. Who asks is `Caller.current`.
struct RouteRequest: Sendable {
    /// The value of `{id}` in the path; empty where there is none.
    var id = ""
    /// The value of `{name}` in the path; empty where there is none.
    var name = ""
    var query: [String: String] = [:]
    var body: [UInt8] = []
    /// The caller does not want to wait for the end of a long action.
    var isAsync = false

    /// Decoded and validated.
    func decoded<T: Decodable & Validatable>(_ type: T.Type) throws(APIError) -> T {
        let value = try StrictJSON.decode(type, from: body)
        try value.validate()
        return value
    }

    /// Refuses parameters that the endpoint does not know.
    func checkQuery(allowed: [String]) throws(APIError) {
        if let unknown = query.keys.sorted().first(where: { !allowed.contains($0) }) {
            throw APIError(.unknownField, field: unknown)
        }
    }

    func integer<I: FixedWidthInteger>(_ name: String, in range: ClosedRange<I>) throws(APIError) -> I? {
        guard let text = query[name] else { return nil }
        guard let number = I(text), range.contains(number) else {
            throw .invalid(name, "must be \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }
}

/// A status, and a body unless the status is 204.
public struct RouteAnswer: Sendable {
    public var status: Int
    public var contentType: String?
    public var body: [UInt8]

    public init(status: Int, contentType: String?, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static let done = RouteAnswer(status: 204, contentType: nil, body: [])

    static func json(_ value: some Encodable, status: Int = 200) throws -> RouteAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return RouteAnswer(
            status: status, contentType: "application/json; charset=utf-8", body: Array(try encoder.encode(value)))
    }
}
