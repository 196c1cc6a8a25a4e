import APIProtocol
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Speaks to one node, over its Unix socket or over HTTPS.
struct APIClient: Sendable {
    enum Target: Sendable {
        case socket(String)
        case server(url: String, token: String?)
    }

    let target: Target
    let http: HTTPClient
    /// A planned switch is the longest request.
    let timeout: TimeAmount = .seconds(35)

    static func makeHTTP(ca: String?) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        if let ca { tls.trustRoots = .file(ca) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(5)
        // Who is not there is told at once; waiting is --wait's business.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Returns: the decoded answer.
    func call<Answer: Decodable>(
        _ endpoint: Endpoint, _ ids: String..., query: [(String, String)] = [],
        body: (any Encodable & Sendable)? = nil, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let bytes = try await bytes(endpoint, ids, query, body)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw APIError(.badAnswer, ["target": name, "reason": "\(error)"])
        }
    }

    /// For endpoints that answer with a status only.
    func call(_ endpoint: Endpoint, _ ids: String..., body: (any Encodable & Sendable)? = nil) async throws {
        _ = try await bytes(endpoint, ids, [], body)
    }

    /// For what may have to wait for the approval of another user.
    /// - Returns: the approval's identity; nil when it was done.
    func callHeld(
        _ endpoint: Endpoint, _ ids: String..., body: (any Encodable & Sendable)? = nil
    ) async throws -> HeldAnswer? {
        let bytes = try await bytes(endpoint, ids, [], body)
        do {
            return try JSONDecoder().decode(HeldAnswer.self, from: Data(bytes))
        } catch {
            return nil  // It answers nothing, or what it always answers: it was done.
        }
    }

    /// For what is plain text.
    func text(_ endpoint: Endpoint, query: [(String, String)] = []) async throws -> String {
        String(decoding: try await bytes(endpoint, [], query, nil), as: UTF8.self)
    }

    /// For the support bundle.
    func data(_ endpoint: Endpoint) async throws -> [UInt8] { try await bytes(endpoint, [], [], nil) }

    /// What is asked, for sentences.
    var name: String {
        switch target {
        case .socket(let path): path
        case .server(let url, _): url
        }
    }

    private var base: String {
        switch target {
        case .socket(let path): "http+unix://" + Self.escaped(path)
        case .server(let url, _): url
        }
    }

    private func bytes(
        _ endpoint: Endpoint, _ ids: [String], _ query: [(String, String)], _ body: (any Encodable & Sendable)?
    ) async throws -> [UInt8] {
        let path = endpoint.path(ids.map(Self.escaped)) + Self.text(of: query)
        let content = try body.map { Array(try JSONEncoder().encode($0)) } ?? []
        do {
            return try await send(endpoint, base + path, content)
        } catch let error as APIError where error.code == .notMaster {
            // The master's own address, once: the token is good on every node.
            guard case .server = target, let url = error.parameters["url"] else { throw error }
            return try await send(endpoint, url + path, content)
        }
    }

    private func send(_ endpoint: Endpoint, _ url: String, _ content: [UInt8]) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: endpoint.method.rawValue)
        if case .server(_, let token?) = target {
            request.headers.add(name: "authorization", value: "Bearer \(token)")
        }
        if !content.isEmpty {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(content)
        }
        let status: Int
        let bytes: [UInt8]
        do {
            let response = try await http.execute(request, timeout: timeout)
            status = Int(response.status.code)
            bytes = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw APIError(.timedOut, ["seconds": "\(timeout.nanoseconds / 1_000_000_000)"])
        } catch {
            throw APIError(.unreachable, ["target": name, "reason": Self.reason(error)])
        }
        // An unhealthy node says so with status 503 and the same body.
        if (200..<300).contains(status) || (endpoint == .health && status == 503) { return bytes }
        guard let error = Self.error(bytes) else {
            throw APIError(.badAnswer, ["target": name, "reason": "status \(status)"])
        }
        throw error
    }

    private static func error(_ bytes: [UInt8]) -> APIError? {
        do {
            return try JSONDecoder().decode(APIError.self, from: Data(bytes))
        } catch {
            return nil  // Not from the appliance: the caller says so with the status.
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let connection as NIOConnectionError:
            connection.connectionErrors.first.map { reason($0.error) } ?? "it has no address"
        case let system as IOError: String(cString: strerror(system.errnoCode))
        default: "\(error)"
        }
    }

    private static func text(of query: [(String, String)]) -> String {
        query.isEmpty ? "" : "?" + query.map { "\($0)=\(escaped($1))" }.joined(separator: "&")
    }

    /// Everything but unreserved characters as %XX (RFC 3986).
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.append(Character(Unicode.Scalar(byte)))
            default: escaped += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}
