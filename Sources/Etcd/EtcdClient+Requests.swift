import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Primitives
import Synchronization

extension EtcdClient {
    struct Response {
        let status: HTTPResponseStatus
        let bytes: [UInt8]
    }

    func send(
        _ method: HTTPMethod, _ path: StaticString, _ body: [UInt8]?, to endpoint: EtcdEndpoint, deadline: NIODeadline
    ) async throws(EtcdError) -> Response {
        do {
            let task = try start(method, path, body, to: endpoint, deadline: deadline)
            let response = try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
            return Response(status: response.status, bytes: response.body.map { Array($0.readableBytesView) } ?? [])
        } catch {
            throw Self.classify(error, endpoint)
        }
    }

    /// The call with a delegate keeps the deadline until the body has ended; the newer, async one only until the head.
    fileprivate func start(
        _ method: HTTPMethod, _ path: StaticString, _ body: [UInt8]?, to endpoint: EtcdEndpoint, deadline: NIODeadline
    ) throws -> HTTPClient.Task<HTTPClient.Response> {
        let request = try HTTPClient.Request(
            url: "\(endpoint.url)\(path)", method: method,
            headers: body == nil ? [:] : ["content-type": "application/json"],
            body: body.map { .byteBuffer(ByteBuffer(bytes: $0)) })
        return requests.execute(
            request: request, delegate: ResponseAccumulator(request: request, maxBodySize: options.longestReply),
            deadline: deadline)
    }
}

/// Tells a member that hangs from one that waits for a leader: a request without an answer at half of its time is
/// accompanied by a question that needs no majority.
final class SignOfLife: Sendable {
    private let seen = Mutex(false)
    private let timer: Mutex<Scheduled<Void>?>

    init(client: EtcdClient, endpoint: EtcdEndpoint, halfway: NIODeadline) {
        timer = Mutex(nil)
        let rest = halfway - .now()
        guard rest > .nanoseconds(0) else { return }
        let scheduled = client.requests.eventLoopGroup.any().scheduleTask(deadline: halfway) { [self] in
            do {
                let question = try client.start(.GET, "/version", nil, to: endpoint, deadline: halfway + rest)
                question.futureResult.whenSuccess { _ in self.see() }
            } catch {
                // No question, no sign of life: the member counts as hanging.
                end()
            }
        }
        timer.withLock { $0 = scheduled }
    }

    var isSeen: Bool { seen.withLock { $0 } }

    func see() { seen.withLock { $0 = true } }

    /// The request has ended.
    func end() { timer.withLock { $0?.cancel() } }
}
