import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Primitives

/// One watch under way: where it is, and its present connection.
final class WatchCursor {
    private let client: EtcdClient
    private let range: KeyRange
    /// The first revision that has not been told yet; nil until the first connection says where it begins.
    private var position: Int64?
    private var body: HTTPClientResponse.Body.AsyncIterator?
    private var endpoint: EtcdEndpoint?
    private var lines = LineBuffer()
    /// Failures since the last line; decides how long to wait before the next try.
    private var failures = 0

    init(client: EtcdClient, range: KeyRange, revision: Int64?) {
        self.client = client
        self.range = range
        position = revision
    }

    /// - Throws: `WatchCompacted`, `CancellationError`.
    func next() async throws -> WatchNews? {
        while true {
            try Task.checkCancellation()
            do throws(EtcdError) {
                if body == nil { try await connect() }
                if let news = try await read() { return news }
            } catch {
                try Task.checkCancellation()
                try checkCompaction(error)
                disconnect(failed: true)
                return .interrupted(error)
            }
        }
    }

    private func connect() async throws(EtcdError) {
        let candidates = client.candidates(.any)
        // Each member once without waiting, then with a growing pause: 50 ms to 1 s.
        if failures >= candidates.count {
            let pause = min(50 << min(failures - candidates.count, 5), 1_000)
            do { try await Task.sleep(for: .milliseconds(pause)) } catch {
                throw .unreachable(candidates[0], reason: "cancelled")
            }
        }
        // Not the one that has just failed, or fallen silent; what requests use is their own affair.
        let present = client.candidates(.any)
        let endpoint = self.endpoint?.next(in: present) ?? present[0]
        self.endpoint = endpoint
        var request = HTTPClientRequest(url: "\(endpoint.url)/v3/watch")
        request.method = .POST
        // A member that loses the majority ends the watch instead of keeping silent (etcd: clientv3.WithRequireLeader).
        request.headers = ["content-type": "application/json", "grpc-metadata-hasleader": "true"]
        request.body = .bytes(ByteBuffer(bytes: GatewayRequest.watch(range, from: position)))
        do {
            let limit = client.options.watchIdleLimit.timeAmount
            let response = try await client.watches.execute(request, timeout: limit)
            body = response.body.makeAsyncIterator()
        } catch {
            throw EtcdClient.classify(error, endpoint)
        }
    }

    /// - Returns: nil when a line had no news.
    private func read() async throws(EtcdError) -> WatchNews? {
        guard let endpoint else { preconditionFailure("a watch is read before it is connected") }
        while true {
            if let line = lines.next() { return try interpret(line, endpoint) }
            let chunk: ByteBuffer?
            do { chunk = try await body?.next() } catch { throw EtcdClient.classify(error, endpoint) }
            guard let chunk else { throw .outcomeUnknown(endpoint, reason: "etcd ended the watch's connection") }
            guard lines.append(chunk.readableBytesView, limit: client.options.longestReply) else {
                throw .unreadable(endpoint, reason: "a line longer than \(client.options.longestReply) bytes")
            }
        }
    }

    private func interpret(_ line: [UInt8], _ endpoint: EtcdEndpoint) throws(EtcdError) -> WatchNews? {
        let parsed: GatewayReply.WatchLine
        do { parsed = try GatewayReply.watchLine(try JSONReader.read(line)) } catch {
            throw .unreadable(endpoint, reason: "\(error)")
        }
        failures = 0
        switch parsed {
        case .created(let revision):
            let first = position ?? revision + 1
            position = first
            return .established(endpoint, from: first)
        case .events(let revision, let events):
            guard let last = events.last else { return nil }
            position = last.revision + 1
            return .changed(revision: revision, events)
        case .canceled(let compactRevision, let reason):
            guard compactRevision > 0 else { throw .outcomeUnknown(endpoint, reason: reason) }
            oldest = compactRevision
            throw .refused(EtcdRefusal(code: 11, message: "required revision has been compacted"))
        }
    }

    /// Set by the line that says so.
    private var oldest: Int64 = 0

    private func checkCompaction(_ error: EtcdError) throws {
        guard error.refusal == .compacted else { return }
        disconnect(failed: false)
        throw WatchCompacted(oldest: oldest)
    }

    private func disconnect(failed: Bool) {
        body = nil
        lines = LineBuffer()
        if failed { failures += 1 }
    }
}

/// Cuts a stream of bytes into lines.
struct LineBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Before this there is no line end.
    private var searched = 0

    /// - Returns: false when the unfinished line is longer than the limit (bytes).
    mutating func append(_ more: some Collection<UInt8>, limit: Int) -> Bool {
        if start > 0 {
            bytes.removeSubrange(..<start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: more)
        return bytes.count <= limit
    }

    /// The next whole line without its end.
    mutating func next() -> [UInt8]? {
        while searched < bytes.count {
            defer { searched += 1 }
            guard bytes[searched] == UInt8(ascii: "\n") else { continue }
            defer { start = searched + 1 }
            if searched > start { return Array(bytes[start..<searched]) }
        }
        return nil
    }
}
