import NIOCore
import NIOPosix
import NIOSSL
import Primitives

/// Sends frames to a log server over TLS (RFC 5425). The protocol has no acknowledgement: a delivery is what went out
/// on a connection that TLS had verified and that was not reset before it was closed.
public struct SyslogClient: Sendable {
    private let group: any EventLoopGroup
    private let limit: Span

    /// - Parameter limit: for everything, connecting included.
    public init(group: any EventLoopGroup, limit: Span = .seconds(30)) {
        self.group = group
        self.limit = limit
    }

    /// - Parameters:
    ///   - frames: made by `SyslogMessage.frame`, one after the other.
    ///   - ca: PEM; nil trusts what the system trusts.
    public func send(_ frames: [UInt8], to host: String, port: Int, ca: String?) async throws(DeliveryFailure) {
        let group = group
        try await Connection.within(limit) {
            let context = try NIOSSLContext(configuration: try Connection.tls(ca))
            let watch = ErrorWatch()
            let channel = try await ClientBootstrap(group: group).connectTimeout(Connection.connectTimeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Connection.handler(context, host: host))
                        try channel.pipeline.syncOperations.addHandler(watch)
                    }
                }.connect(host: host, port: port).get()
            try await withTaskCancellationHandler {
                do {
                    try await channel.writeAndFlush(ByteBuffer(bytes: frames)).get()
                } catch {
                    throw watch.first ?? error
                }
                try await close(channel)
                // A reset says that the other side threw away what it had not read.
                if let reset = watch.first as? IOError { throw reset }
            } onCancel: {
                channel.close(promise: nil)
            }
        }
    }

    private func close(_ channel: any Channel) async throws {
        do {
            try await channel.close().get()
        } catch NIOSSLError.uncleanShutdown {
            return  // Many servers end the connection without a goodbye in TLS.
        } catch is NIOSSLCloseTimedOutError {
            return
        } catch ChannelError.alreadyClosed {
            throw DeliveryFailure(DeliveryFailure.cut)
        }
    }
}
