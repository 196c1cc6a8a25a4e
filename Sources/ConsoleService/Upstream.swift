import APIProtocol
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// The cluster daemon of this node, which decides everything: who may do what, and what is.
struct Upstream: Sendable {
    /// A planned switch is the longest request.
    static let timeout = TimeAmount.seconds(35)
    /// Bytes of an answer that is read whole.
    static let longestAnswer = 16 << 20

    /// For whom a request is made.
    enum Asker: Sendable {
        /// A browser: its session's token, nil before login, and its address.
        case visitor(token: String?, client: String)
        /// The console itself, which reads as a viewer.
        case console
    }

    private let http: HTTPClient
    private let usersBase: String
    private let consoleBase: String

    init(http: HTTPClient, usersSocket: String, consoleSocket: String) {
        self.http = http
        usersBase = Self.base(usersSocket)
        consoleBase = Self.base(consoleSocket)
    }

    /// Without the slash that begins each path.
    private static func base(_ socket: String) -> String {
        guard let url = URL(httpURLWithSocketPath: socket, uri: "/") else {
            preconditionFailure("no URL can be made of the socket's path '\(socket)'")
        }
        return String(url.absoluteString.dropLast())
    }

    /// Passes a request on as it is.
    /// - Throws: `APIError` `unreachable` when the cluster daemon does not answer.
    func execute(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: ByteBuffer? = nil, as asker: Asker
    ) async throws -> HTTPClientResponse {
        let base: String
        switch asker {
        case .visitor: base = usersBase
        case .console: base = consoleBase
        }
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if case .visitor(let token, let client) = asker {
            request.headers.replaceOrAdd(name: "keelson-client", value: client)
            if let token { request.headers.replaceOrAdd(name: "authorization", value: "Bearer \(token)") }
        }
        if let body { request.body = .bytes(body) }
        do {
            return try await http.execute(request, timeout: Self.timeout)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw APIError(.timedOut, ["seconds": "\(Self.timeout.nanoseconds / 1_000_000_000)"])
        } catch let error as CancellationError {
            throw error
        } catch {
            throw APIError(.unreachable, ["target": "keelson-clusterd", "reason": "\(error)"])
        }
    }

    /// Asks an endpoint.
    /// - Parameter waits: for the end of a long action; else until it has begun.
    /// - Throws: `APIError`: what the cluster daemon refused, or that it does not answer.
    func call(
        _ endpoint: Endpoint, _ ids: [String] = [], query: String = "", body: (any Encodable & Sendable)? = nil,
        waits: Bool = true, as asker: Asker
    ) async throws -> [UInt8] {
        let path = endpoint.path(ids) + (query.isEmpty ? "" : "?" + query)
        var content: ByteBuffer?
        var headers = waits ? [] : [("prefer", "respond-async")]
        if let body {
            content = ByteBuffer(bytes: try JSONEncoder().encode(body))
            headers.append(("content-type", "application/json"))
        }
        let response = try await execute(endpoint.method.rawValue, path, headers: headers, body: content, as: asker)
        let bytes = Array(try await response.body.collect(upTo: Self.longestAnswer).readableBytesView)
        guard (200..<300).contains(response.status.code) || endpoint == .health else {
            do {
                throw try JSONDecoder().decode(APIError.self, from: Data(bytes))
            } catch let error as DecodingError {
                throw APIError(.badAnswer, ["target": "keelson-clusterd", "reason": "\(response.status): \(error)"])
            }
        }
        return bytes
    }

    /// Whether an answer says that another user must approve before anything is done.
    func isHeld(_ answer: [UInt8]) -> Bool {
        do {
            _ = try JSONDecoder().decode(HeldAnswer.self, from: Data(answer))
            return true
        } catch {
            return false  // Any other answer: it is done.
        }
    }

    /// Asks an endpoint and decodes its answer.
    func get<Answer: Decodable>(
        _ endpoint: Endpoint, _ ids: [String] = [], query: String = "", body: (any Encodable & Sendable)? = nil,
        as asker: Asker, of type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let bytes = try await call(endpoint, ids, query: query, body: body, as: asker)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw APIError(.badAnswer, ["target": "keelson-clusterd", "reason": "\(error)"])
        }
    }
}
