import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Primitives

extension EtcdClient {
    /// Whether a failed request can have reached etcd: only failures before the connection stood are sure.
    static func classify(_ error: any Error, _ endpoint: EtcdEndpoint) -> EtcdError {
        switch error {
        case let error as HTTPClientError where beforeConnection.contains(error):
            .unreachable(endpoint, reason: error.shortDescription)
        case let error as HTTPClientError:
            .outcomeUnknown(endpoint, reason: error.shortDescription)
        case let error as NIOConnectionError:
            .unreachable(endpoint, reason: error.connectionErrors.first.map { "\($0.error)" } ?? "no connection")
        case let error as NIOSSLError where isHandshake(error):
            .unreachable(endpoint, reason: "TLS handshake: \(error)")
        case is NIOSSLExtraError, is BoringSSLError:
            .unreachable(endpoint, reason: "TLS: \(error)")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            .unreachable(endpoint, reason: "connection refused")
        case ChannelError.connectTimeout:
            .unreachable(endpoint, reason: "no connection in time")
        default:
            .outcomeUnknown(endpoint, reason: "\(error)")
        }
    }

    private static let beforeConnection: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .alreadyShutdown,
    ]

    private static func isHandshake(_ error: NIOSSLError) -> Bool {
        if case .handshakeFailed = error { true } else { false }
    }
}

/// Socket options (tcp(7)) that end a connection whose other end has gone without a word: data unacknowledged for
/// 500 ms, or silence that two keep-alive probes do not break.
enum DeadPeer {
    private static let options: [(name: NIOBSDSocket.Option, value: SocketOptionValue)] = [
        (.init(rawValue: 18), 500),  // TCP_USER_TIMEOUT, milliseconds
        (.init(rawValue: 4), 1),  // TCP_KEEPIDLE, seconds
        (.init(rawValue: 5), 1),  // TCP_KEEPINTVL, seconds
        (.init(rawValue: 6), 2),  // TCP_KEEPCNT
    ]

    @Sendable static func notice(_ channel: any Channel) -> EventLoopFuture<Void> {
        let keepAlive = channel.setOption(.socketOption(.so_keepalive), value: 1)
        let others = options.map { channel.setOption(.tcpOption($0.name), value: $0.value) }
        return EventLoopFuture.andAllSucceed([keepAlive] + others, on: channel.eventLoop)
    }
}

extension Span {
    var timeAmount: TimeAmount { .nanoseconds(nanoseconds) }
}
