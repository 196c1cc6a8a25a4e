import Linux
import NIOCore
import NIOPosix
import Primitives
import StreamProtocol

/// The program's control socket: a line in, a line out. `ping`, `status`, `cut`, `bookmark TEXT`.
enum SourceControl {
    static func listen(_ path: String, source: SourceMachine) async throws -> any Channel {
        let channel = try await ServerBootstrap(group: source.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SourceControlHandler(source))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        try UnixSocket.restrict(path)
        return channel
    }
}

private final class SourceControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let source: SourceMachine
    private var lines = MessageLines(limit: 4096)

    init(_ source: SourceMachine) { self.source = source }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lines.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let line = try lines.next() {
                let answer = source.answer(String(decoding: line, as: UTF8.self))
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer + "\n")), promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }

    // Gone before its answer came: nobody is left to tell.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
