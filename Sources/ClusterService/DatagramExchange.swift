import Foundation
import NIOCore
import NIOPosix
import Primitives

/// One datagram there, the right one back.
enum DatagramExchange {
    /// Nanoseconds since 1970 of the wall clock.
    struct Times: Sendable {
        let sentAt: Int64
        let receivedAt: Int64
    }

    struct NoAnswer: Error {}

    /// - Parameter read: returns nil for what is not the answer; another one is waited for then.
    /// - Throws: `NoAnswer` at the end of the time, what `read` throws, an `IOError` of the network.
    static func ask<Answer: Sendable>(
        _ request: [UInt8], of address: SocketAddress, within limit: Span, on group: any EventLoopGroup,
        read: @escaping @Sendable ([UInt8], Times) throws -> Answer?
    ) async throws -> Answer {
        let loop = group.next()
        let promise = loop.makePromise(of: Answer.self)
        let channel: any Channel
        do {
            channel = try await DatagramBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(request: request, address: address, promise: promise, read: read))
                }
            }.connect(to: address).get()
        } catch {
            promise.fail(error)
            return try await promise.futureResult.get()
        }
        let timeout = loop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) { promise.fail(NoAnswer()) }
        promise.futureResult.whenComplete { _ in
            timeout.cancel()
            channel.close(promise: nil)
        }
        return try await promise.futureResult.get()
    }

    static var wallNanoseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
}

private final class DatagramHandler<Answer: Sendable>: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let request: [UInt8]
    private let address: SocketAddress
    private let promise: EventLoopPromise<Answer>
    private let read: @Sendable ([UInt8], DatagramExchange.Times) throws -> Answer?
    private var sentAt: Int64 = 0

    init(
        request: [UInt8], address: SocketAddress, promise: EventLoopPromise<Answer>,
        read: @escaping @Sendable ([UInt8], DatagramExchange.Times) throws -> Answer?
    ) {
        self.request = request
        self.address = address
        self.promise = promise
        self.read = read
    }

    func channelActive(context: ChannelHandlerContext) {
        sentAt = DatagramExchange.wallNanoseconds
        let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: request))
        context.writeAndFlush(wrapOutboundOut(envelope)).whenFailure { [promise] in promise.fail($0) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let times = DatagramExchange.Times(sentAt: sentAt, receivedAt: DatagramExchange.wallNanoseconds)
        do {
            guard let answer = try read(Array(unwrapInboundIn(data).data.readableBytesView), times) else { return }
            promise.succeed(answer)
        } catch {
            promise.fail(error)
        }
    }

    /// Nobody listens there: the kernel tells a connected socket.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}
