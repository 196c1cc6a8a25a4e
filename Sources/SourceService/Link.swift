import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Primitives
import StreamProtocol

/// What a connection to a receiver tells; all on its event loop.
protocol LinkOwner: AnyObject {
    func opened(_ link: Link)
    func received(_ message: StreamMessage, on link: Link)
    /// Once, also when it was never opened.
    func closed(_ link: Link, reason: String)
}

/// One TLS connection to a receiver: frames go out, messages go both ways.
final class Link: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Both sides say something every second.
    private static let patience = TimeAmount.seconds(10)

    let number: Int
    /// 0 the receiver, 1 the second.
    let place: Int
    private weak var owner: (any LinkOwner)?
    private var context: ChannelHandlerContext?
    private var parser = StreamParser()
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: StreamParser.placeLength, alignment: 4096)
    private var reason: String?
    private var isOver = false

    init(number: Int, place: Int, owner: any LinkOwner) {
        self.number = number
        self.place = place
        self.owner = owner
    }

    deinit { memory.deallocate() }

    /// Dials; the owner hears of everything else.
    static func connect(
        to address: String, tls: TLSConfiguration, on loop: any EventLoop, link: Link
    ) {
        let bound = NIOLoopBound(link, eventLoop: loop)
        do {
            let context = try NIOSSLContext(configuration: tls)
            ClientBootstrap(group: loop)
                .connectTimeout(.seconds(3))
                .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                        try pipeline.addHandler(IdleStateHandler(readTimeout: patience))
                        try pipeline.addHandler(bound.value)
                    }
                }
                .connect(to: try StreamAddress(address).socketAddress())
                .assumeIsolated().whenFailure { link.over("\($0)") }
        } catch {
            loop.assumeIsolated().execute { link.over("\(error)") }
        }
    }

    func send(_ message: StreamMessage) {
        guard let context, !isOver else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: message.bytes)), promise: nil)
    }

    /// Without a flush.
    func send(frame: UnsafeRawBufferPointer) {
        guard let context, !isOver else { return }
        var buffer = context.channel.allocator.buffer(capacity: frame.count)
        buffer.writeBytes(frame)
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    func flush() { context?.flush() }

    /// Says why and ends the connection.
    func end(_ reason: String) {
        guard !isOver else { return }
        self.reason = self.reason ?? reason
        guard let context else { return over(reason) }
        send(.bye(reason))
        context.close(promise: nil)
    }

    private func over(_ reason: String) {
        guard !isOver else { return }
        isOver = true
        owner?.closed(self, reason: self.reason ?? reason)
        owner = nil
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: owner?.opened(self)
        case is IdleStateHandler.IdleStateEvent: end("nothing was heard from the receiver for too long")
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try unwrapInboundIn(data).withUnsafeReadableBytes { bytes in try self.take(bytes) }
        } catch {
            end("what the receiver says cannot be read: \(error)")
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty, !isOver {
            let (taken, item) = try parser.take(rest, into: memory)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            switch item {
            case .frame: throw SourceError("a frame from a receiver")
            case .message(.bye(let words)): reason = reason ?? "the receiver ended it: \(words)"
            case .message(let message): owner?.received(message, on: self)
            case nil: break
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = reason ?? "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { over("the connection was closed") }
}

/// `ADDRESS:PORT`, the address of IPv6 in brackets.
struct StreamAddress {
    let host: String
    let port: Int

    /// - Throws: `SourceError` for something else.
    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw SourceError("'\(text)' is no ADDRESS:PORT") }
        let host = text[..<colon]
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        self.port = port
    }

    func socketAddress() throws -> SocketAddress { try SocketAddress(ipAddress: host, port: port) }
}
