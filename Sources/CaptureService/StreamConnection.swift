import Identity
import JoinCore
import NIOCore
import NIOSSL
import NIOTLS
import Primitives
import StreamProtocol

/// Whoever is at the near end of a connection. Everything is called on its event loop.
protocol StreamEnd: AnyObject {
    /// TLS is there and the other side is known.
    func opened(_ connection: StreamConnection, peer: StreamPeer)
    func received(_ frame: ReceivedFrame, on connection: StreamConnection)
    func received(_ message: StreamMessage, on connection: StreamConnection)
    /// Everything that was there has been handed over: what was gathered may go on.
    func readEnded(_ connection: StreamConnection)
    /// It takes data again after it was full.
    func becameWritable(_ connection: StreamConnection)
    /// Called once.
    func closed(_ connection: StreamConnection, reason: String)
}

/// One TLS connection of a stream: frames and messages in both directions. Incoming frames are copied once, into
/// aligned memory. What is wrong with incoming bytes ends the connection with a named reason.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private weak var end: (any StreamEnd)?
    private let trust: ClusterTrust
    private let now: @Sendable () -> WallTime
    private var context: ChannelHandlerContext?
    private var parser = StreamParser()
    private var memory = FrameMemory()
    private var isPaused = false
    private var isEnding = false
    private var reason: String?
    /// For people.
    private(set) var remote = "?"

    /// - Parameter now: the wall clock, for the other side's certificate.
    init(end: any StreamEnd, trust: ClusterTrust, now: @escaping @Sendable () -> WallTime) {
        self.end = end
        self.trust = trust
        self.now = now
    }

    // MARK: For the near end

    /// Another near end from now on, as soon as it is known whom the connection is for.
    func hand(to end: any StreamEnd) { self.end = end }

    /// Whether more may be written without holding memory for a side that does not read.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func send(_ message: StreamMessage) {
        guard let context, !isEnding else { return }
        let bytes = message.bytes
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Without a flush.
    func send(frame bytes: UnsafeRawBufferPointer) {
        guard let context, !isEnding else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    func flush() { context?.flush() }

    /// Stops or goes on reading from the network.
    func pause(_ isPaused: Bool) {
        guard isPaused != self.isPaused, let context, !isEnding else { return }
        self.isPaused = isPaused
        context.channel.setOption(ChannelOptions.autoRead, value: !isPaused)
            .assumeIsolated().whenFailure { self.cut("\($0)") }
        if !isPaused { context.read() }
    }

    /// Does something later, unless the connection is over by then.
    func scheduled(in time: TimeAmount, _ body: @escaping (StreamConnection) -> Void) {
        context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            guard let self, !self.isEnding else { return }
            body(self)
        }
    }

    /// Says why and ends the connection.
    func end(_ reason: String) {
        guard let context, !isEnding else { return }
        self.reason = self.reason ?? reason
        send(.bye(reason))
        isEnding = true
        context.close(promise: nil)
    }

    /// Ends the connection without a word, as a network does.
    func cut(_ reason: String) {
        self.reason = self.reason ?? reason
        isEnding = true
        context?.close(promise: nil)
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        remote = context.channel.remoteAddress.map { "\($0)" } ?? remote
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: handshakeCompleted(context)
        case is IdleStateHandler.IdleStateEvent: end("nothing was heard from the other side for too long")
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        do {
            guard let certificate = try context.pipeline.syncOperations.nioSSL_peerCertificate() else {
                return cut("the other side showed no certificate")
            }
            let peer = try trust.streamPeer(der: try certificate.toDERBytes(), at: now())
            end?.opened(self, peer: peer)
        } catch {
            cut("\(error)")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        let buffer = unwrapInboundIn(data)
        do {
            try buffer.withUnsafeReadableBytes { bytes in try self.take(bytes) }
        } catch {
            end("what came cannot be taken: \(error)")
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        var rest = bytes
        while !rest.isEmpty, !isEnding {
            if parser.isBetweenItems { memory.makeRoom() }
            let (taken, item) = try parser.take(rest, into: memory.place)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            switch item {
            case .frame(let frame): end?.received(memory.keep(frame), on: self)
            case .message(.bye(let words)):
                reason = reason ?? "the other side ended it: \(words)"
            case .message(let message): end?.received(message, on: self)
            case nil: break
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        end?.readEnded(self)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { end?.becameWritable(self) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { cut("\(error)") }

    func channelInactive(context: ChannelHandlerContext) {
        isEnding = true
        end?.closed(self, reason: reason ?? "the connection was closed")
        end = nil
    }
}
