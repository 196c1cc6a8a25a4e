import Foundation
import NIOCore
import NIOPosix
import ProbeProtocol

/// Answers SNTP with this machine's clock: the time server of a lab without a network.
struct TimeResponder {
    /// - Throws: when the port is taken.
    static func start(on group: any EventLoopGroup, port: Int = TimeExchange.port) throws -> any Channel {
        try DatagramBootstrap(group: group)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TimeHandler())
                }
            }.bind(host: "0.0.0.0", port: port).wait()
    }

    static var nanoseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
}

private final class TimeHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = TimeResponder.nanoseconds
        let question = unwrapInboundIn(data)
        guard
            let answer = TimeAnswer.to(
                Array(question.data.readableBytesView), receivedAt: received, sentAt: TimeResponder.nanoseconds)
        else { return }
        let envelope = AddressedEnvelope(remoteAddress: question.remoteAddress, data: ByteBuffer(bytes: answer))
        context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
    }

    // Whoever asked is gone: the next one is answered all the same.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
