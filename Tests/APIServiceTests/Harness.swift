import APIProtocol
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Primitives

@testable import APIService

/// What came back.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    /// The error in the body; nil when it is none.
    var error: APIError? { try? StrictJSON.decode(APIError.self, from: body) }
}

/// Sends requests through the real router of one listener, without sockets.
struct Harness: Sendable {
    static let users = Listener.users(path: "/nowhere")
    static let local = Listener.local(path: "/nowhere")

    let control: FakeControl
    var listener = Harness.users
    var forwarder: (any RequestForwarder)? = nil
    var now: @Sendable () -> Instant = { Instant(nanoseconds: 0) }

    func run(_ body: @Sendable (Requester) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = APIServer(
            control: control, listeners: [listener], forwarder: forwarder, metricsText: { "own_metric 1\n" },
            group: MultiThreadedEventLoopGroup.singleton, now: now, logger: logger)
        let application = Application(router: server.router(for: listener), logger: logger)
        try await application.test(.router) { client in try await body(Requester(client: client)) }
    }
}

struct Requester: Sendable {
    let client: any TestClientProtocol

    func send(
        _ method: String, _ path: String, token: String? = nil, type: String? = "application/json", body: String? = nil,
        extra: [HTTPField.Name: String] = [:]
    ) async throws -> Reply {
        var headers = HTTPFields()
        if let token { headers[.authorization] = "Bearer \(token)" }
        for (name, value) in extra { headers[name] = value }
        if body != nil, let type { headers[.contentType] = type }
        return try await client.execute(
            uri: path, method: HTTPRequest.Method(rawValue: method)!, headers: headers,
            body: body.map { ByteBuffer(string: $0) }
        ) { response in
            Reply(
                status: response.status.code, headers: response.headers,
                body: Array(response.body.readableBytesView))
        }
    }
}
