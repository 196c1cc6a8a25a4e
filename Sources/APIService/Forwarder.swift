import APIProtocol
import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOSSL

/// A request that a node passes on to the master, because it is not the master itself.
public struct ForwardedRequest: Sendable {
    public var method: String
    /// With the query, beginning with `/`.
    public var path: String
    public var body: [UInt8]
    /// Who asked, and from where.
    public var caller: CallerNote
    var manner: RequestManner
}

/// Passes requests on to another member's node listener.
public protocol RequestForwarder: Sendable {
    /// - Parameter peer: the URL of the master's node listener, as `https://10.77.0.12:7443`.
    /// - Throws: `APIError` when there is no answer.
    func forward(_ request: ForwardedRequest, to peer: String) async throws -> RouteAnswer
}

/// Over HTTPS with both certificates.
public struct HTTPForwarder: RequestForwarder {
    private let client: HTTPClient
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - client: made with `clientConfiguration(tls:)`.
    ///   - timeout: a planned switch is the longest request.
    public init(client: HTTPClient, timeout: TimeAmount = .seconds(30)) {
        self.client = client
        self.timeout = timeout
    }

    /// What the client should be made with: a master that is not there is told at once.
    /// - Parameter tls: with this node's certificate and the cluster's CA.
    public static func clientConfiguration(tls: TLSConfiguration) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(2)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    public func forward(_ request: ForwardedRequest, to peer: String) async throws -> RouteAnswer {
        var outgoing = HTTPClientRequest(url: peer + request.path)
        outgoing.method = .RAW(value: request.method)
        outgoing.headers.add(
            name: Gate.forwardedFor.canonicalName,
            value: String(decoding: try RouteAnswer.json(request.caller).body, as: UTF8.self))
        if let key = request.manner.key {
            outgoing.headers.add(name: RequestManner.idempotencyKey.canonicalName, value: key)
        }
        if request.manner.isAsync {
            outgoing.headers.add(name: RequestManner.prefer.canonicalName, value: "respond-async")
        }
        if !request.body.isEmpty {
            outgoing.headers.add(name: "content-type", value: "application/json")
            outgoing.body = .bytes(request.body)
        }
        do {
            let response = try await client.execute(outgoing, timeout: timeout)
            let body = try await response.body.collect(upTo: 16 << 20)
            return RouteAnswer(
                status: Int(response.status.code), contentType: response.headers.first(name: "content-type"),
                body: Array(body.readableBytesView))
        } catch let error as HTTPClientError where error == .readTimeout || error == .deadlineExceeded {
            throw APIError(.timedOut, ["seconds": "\(timeout.nanoseconds / 1_000_000_000)"])
        } catch {
            throw APIError(.masterUnreachable, ["address": peer, "reason": "\(error)"])
        }
    }
}
