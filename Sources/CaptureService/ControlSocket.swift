import CaptureProtocol
import Linux
import NIOCore
import NIOPosix
import Primitives

/// `RUN/captured.sock`: a line in, a line out, in order. The line `ping` is answered `pong`.
struct ControlSocket {
    typealias Answerer = @Sendable (CaptureRequest, any EventLoop) -> EventLoopFuture<CaptureAnswer>

    /// Listens with mode 0600; a socket left by an earlier life is replaced.
    ///
    /// - Throws: `SystemError` or `IOError` that names the path.
    static func listen(
        _ path: String, on loop: any EventLoop, answerer: @escaping Answerer
    ) async throws -> any Channel {
        let channel = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(answerer))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        try UnixSocket.restrict(path)
        return channel
    }
}

/// One client of the control socket.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answerer: ControlSocket.Answerer
    private var lines = MessageLines(limit: CaptureRequest.longestLine)
    private var isAnswering = false
    private var isEnding = false

    init(_ answerer: @escaping ControlSocket.Answerer) { self.answerer = answerer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lines.append(unwrapInboundIn(data).readableBytesView)
        answerNext(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        isEnding = true
        if !isAnswering { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Gone before its answer came, or no client of ours: nobody is left to tell.
        context.close(promise: nil)
    }

    private func answerNext(_ context: ChannelHandlerContext) {
        guard !isAnswering else { return }
        do throws(MessageTooLong) {
            guard let line = try lines.next() else {
                if isEnding { context.close(promise: nil) }
                return
            }
            answer(line, context)
        } catch {
            context.close(promise: nil)
        }
    }

    private func answer(_ line: [UInt8], _ context: ChannelHandlerContext) {
        if line == Array("ping".utf8) { return send(Array("pong".utf8), context) }
        let request: CaptureRequest
        do { request = try CaptureJSON.decode(CaptureRequest.self, from: line) } catch {
            return send(.refused(CaptureRefusal(.malformed, "the request cannot be read: \(error)")), context)
        }
        isAnswering = true
        answerer(request, context.eventLoop).assumeIsolated().whenComplete { result in
            self.isAnswering = false
            switch result {
            case .success(let answer): self.send(answer, context)
            case .failure(let error as CaptureRefusal): self.send(.refused(error), context)
            case .failure(let error): self.send(.refused(CaptureRefusal(.faulted, "\(error)")), context)
            }
        }
    }

    private func send(_ answer: CaptureAnswer, _ context: ChannelHandlerContext) {
        send(CaptureJSON.encode(answer), context)
    }

    private func send(_ line: [UInt8], _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: line.count + 1)
        buffer.writeBytes(line)
        buffer.writeInteger(UInt8(ascii: "\n"))
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        answerNext(context)
    }
}
