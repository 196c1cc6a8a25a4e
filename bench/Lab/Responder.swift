import NIOCore
import NIOPosix

/// A tiny plain HTTP service that answers every connection with the node's name: the service that moves with the VIP
/// when keepalived is measured, and the witness of who answers for the VIP while Keelson's daemons are stopped. Beside
/// it the lab's time server (UDP 123).
public struct Responder: Sendable {
    public static let port = 8080
    let name: String

    public init(name: String) { self.name = name }

    /// Answers until the process ends.
    /// - Throws: when the port is taken.
    public func run() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let answer = ByteBuffer(
            string: "HTTP/1.0 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)")
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ResponderHandler(answer: answer))
                }
            }
            .bind(host: "0.0.0.0", port: Self.port).wait()
        _ = try TimeResponder.start(on: group)
        try server.closeFuture.wait()
    }
}

private final class ResponderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: ByteBuffer

    init(answer: ByteBuffer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in channel.close(promise: nil) }
    }

    // A client that goes away is no matter to this service: its connection ends.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
