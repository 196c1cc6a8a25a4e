import Identity
import JoinCore
import Linux
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import StreamProtocol

/// Opens and accepts TLS connections of streams on the node's event loop.
struct StreamTransport {
    /// A connection on which nothing is heard for so long is over: both sides say something every second.
    static let patience = TimeAmount.seconds(10)
    /// Bytes that may wait for a side that does not read.
    private static let writeMarks = ChannelOptions.Types.WriteBufferWaterMark(low: 512 << 10, high: 1 << 20)
    private static let readBuffer = FixedSizeRecvByteBufferAllocator(capacity: 256 << 10)

    let loop: any EventLoop
    let now: @Sendable () -> WallTime

    /// Listens for sources and other nodes.
    ///
    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - identity: asked for each connection, since certificates are renewed.
    ///   - accept: called on the loop for each connection; nil refuses it.
    func listen(
        host: String, port: Int, identity: @escaping @Sendable () throws -> NodeIdentity,
        accept: @escaping @Sendable () -> (any StreamEnd)?
    ) async throws -> any Channel {
        let now = now
        return try await ServerBootstrap(group: loop)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.recvAllocator, value: Self.readBuffer)
            .childChannelOption(ChannelOptions.writeBufferWaterMark, value: Self.writeMarks)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let end = accept() else { throw ChannelError.eof }
                    let identity = try identity()
                    let tls = NIOSSLServerHandler(
                        context: try NIOSSLContext(configuration: try identity.streamServerTLS()),
                        customVerificationCallback: identity.acceptStreamPeer(now: now))
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(tls)
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.patience))
                    try pipeline.addHandler(StreamConnection(end: end, trust: identity.trust, now: now))
                }
            }
            .bind(host: host, port: port).get()
    }

    /// Dials a node; the near end is told when TLS is there and when it is over, but not when there is no connection.
    ///
    /// - Parameter tls: shows the near end's certificate and checks the other's, its address included.
    func connect(
        to address: SocketAddress, tls: TLSConfiguration, trust: ClusterTrust, end: any StreamEnd
    ) throws -> EventLoopFuture<Void> {
        let context = try NIOSSLContext(configuration: tls)
        let now = now
        let bound = NIOLoopBound(end, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(.seconds(3))
            .channelOption(ChannelOptions.recvAllocator, value: Self.readBuffer)
            .channelOption(ChannelOptions.writeBufferWaterMark, value: Self.writeMarks)
            .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(try NIOSSLClientHandler(context: context, serverHostname: nil))
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.patience))
                    try pipeline.addHandler(StreamConnection(end: bound.value, trust: trust, now: now))
                }
            }
            .connect(to: address).map { _ in }
    }
}
