import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Primitives
import Synchronization

/// etcd 3.5 over its JSON gateway, HTTP/1.1 in TLS with connections of its own. Why not gRPC: docs/decisions/etcd.md.
public final class EtcdClient: Sendable {
    public struct Options: Sendable {
        /// For a new connection, TLS included.
        public var connectTimeout = Span.milliseconds(500)
        /// A watch without a line for this long is opened again with another member. etcd's
        /// `--experimental-watch-progress-notify-interval` should be shorter.
        public var watchIdleLimit = Span.seconds(5)
        /// Bytes; a longer answer is an error.
        public var longestReply = 64 << 20

        public init() {}
    }

    let options: Options
    let requests: HTTPClient
    /// A second pool: only watches have a limit on silence.
    let watches: HTTPClient
    private let order: Mutex<EndpointOrder>
    /// When the preferred member may be probed next.
    private let nextProbe = Mutex(NIODeadline.now())

    /// - Parameters:
    ///   - endpoints: in the order of preference, the loopback first.
    ///   - tls: with the node's certificate (`NodeIdentity.mutualClientTLS`).
    /// - Precondition: at least one endpoint. `shutdown` must be called before the last reference goes.
    public init(
        endpoints: [EtcdEndpoint], tls: TLSConfiguration, group: any EventLoopGroup, options: Options = Options()
    ) {
        self.options = options
        order = Mutex(EndpointOrder(endpoints))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        // HTTP/2 by ALPN stalled in 8 of 24 runs.
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = options.connectTimeout.timeAmount
        // A refused connection shall be an answer at once: the next member is a better retry.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16
        configuration.http1_1ConnectionDebugInitializer = DeadPeer.notice
        requests = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        configuration.timeout.read = options.watchIdleLimit.timeAmount
        watches = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Ends all requests and watches.
    public func shutdown() async throws {
        // Both, whatever happens to the first.
        async let first: Void = requests.shutdown()
        async let second: Void = watches.shutdown()
        _ = try await (first, second)
    }

    /// The members as they are asked now, the one that serves first.
    public var endpoints: [EtcdEndpoint] { order.withLock { $0.endpoints } }

    /// After the membership has changed.
    /// - Precondition: at least one.
    public func replaceEndpoints(_ endpoints: [EtcdEndpoint]) { order.withLock { $0.replace(endpoints) } }

    func candidates(_ choice: EndpointChoice) -> [EtcdEndpoint] { order.withLock { $0.candidates(choice) } }

    /// Probes the preferred member beside the requests, at most once a second, while another one serves.
    private func lookForPreferred() {
        guard let preferred = order.withLock({ $0.absentPreferred }) else { return }
        let isDue = nextProbe.withLock { next in
            guard next <= .now() else { return false }
            next = .now() + .seconds(1)
            return true
        }
        guard isDue else { return }
        Task {
            do throws(EtcdError) {
                if try await isHealthy(preferred, timeout: options.connectTimeout) {
                    order.withLock { $0.recovered(preferred) }
                }
            } catch {
                // Still away: the next request after a second asks again.
                nextProbe.withLock { $0 = .now() + .seconds(1) }
            }
        }
    }

    /// One call of the gateway, tried at one member after the other as long as nothing can have happened twice.
    ///
    /// - Parameter isRead: may be asked again at the next member even when the first may have done it.
    func call<Reply>(
        _ path: StaticString, _ body: [UInt8], isRead: Bool, timeout: Span, at choice: EndpointChoice,
        _ parse: (JSON) throws(GatewayReply.Malformed) -> Reply
    ) async throws(EtcdError) -> Reply {
        let deadline = NIODeadline.now() + timeout.timeAmount
        if choice == .any { lookForPreferred() }
        var last: EtcdError?
        for endpoint in candidates(choice) where last == nil || NIODeadline.now() < deadline {
            let life = SignOfLife(client: self, endpoint: endpoint, halfway: deadline - (timeout / 2).timeAmount)
            defer { life.end() }
            do throws(EtcdError) {
                let reply = try await post(path, body, to: endpoint, deadline: deadline, life)
                do throws(GatewayReply.Malformed) { return try parse(reply) } catch {
                    throw .unreadable(endpoint, reason: error.description)
                }
            } catch {
                if case .refused = error { throw error }
                // A member that is alive but has no leader just now is no worse than the others, of which one may be
                // the machine whose loss the election is about.
                if !life.isSeen { order.withLock { $0.failed(endpoint) } }
                guard isRead || !error.mayHaveHappened else { throw error }
                last = error
            }
        }
        guard let last else { preconditionFailure("an etcd client without endpoints") }
        throw last
    }

    /// - Returns: the JSON of an answer with status 200.
    private func post(
        _ path: StaticString, _ body: [UInt8], to endpoint: EtcdEndpoint, deadline: NIODeadline, _ life: SignOfLife
    ) async throws(EtcdError) -> JSON {
        let response = try await send(.POST, path, body, to: endpoint, deadline: deadline)
        life.see()
        let reply: JSON
        do throws(JSONError) { reply = try JSONReader.read(response.bytes) } catch {
            throw .unreadable(endpoint, reason: "status \(response.status.code), \(error)")
        }
        guard response.status != .ok else { return reply }
        throw Self.error(of: reply, status: response.status, endpoint)
    }

    private static func error(of reply: JSON, status: HTTPResponseStatus, _ endpoint: EtcdEndpoint) -> EtcdError {
        guard let refusal = GatewayReply.refusal(reply) else {
            return .unreadable(endpoint, reason: "status \(status.code) without a message")
        }
        return refusal.leavesOutcomeUnknown
            ? .outcomeUnknown(endpoint, reason: refusal.message) : .refused(refusal)
    }
}
