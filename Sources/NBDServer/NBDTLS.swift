import BlockIO
import Glibc
import Linux
import NIOCore
import NIOPosix
import NIOSSL

/// How clients encrypt their connections.
public struct NBDTLS: Sendable {
    /// The server's certificate, and whose client certificates it wants.
    public var context: NIOSSLContext
    /// Where the encryption is done.
    public var group: any EventLoopGroup
    /// Nothing is served in the clear.
    public var isRequired: Bool

    public init(context: NIOSSLContext, group: any EventLoopGroup, isRequired: Bool) {
        self.context = context
        self.group = group
        self.isRequired = isRequired
    }

    /// Puts TLS between a connection and its socket: swift-nio keeps the socket, the connection goes on with one end of
    /// a socket pair, so that its own path is the same with and without TLS.
    ///
    /// - Parameter socket: given away.
    /// - Returns: the descriptor for the connection, which closes it.
    /// - Throws: `SystemError`; the socket is closed then.
    func insert(before socket: Int32) throws(SystemError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        do throws(SystemError) {
            try systemCall("make a socket pair") { socketpair(AF_UNIX, type, 0, &ends) }
        } catch {
            close(socket)
            throw error
        }
        let loop = group.next()
        let inner = ends[1]
        let context = context
        loop.execute {
            let bootstrap = ClientBootstrap(group: loop)
            let clear = Relay()
            let encrypted = Relay()
            clear.partner = encrypted
            encrypted.partner = clear
            let relays = NIOLoopBound((clear: clear, encrypted: encrypted), eventLoop: loop)
            // A connection that cannot be set up closes its socket, and its partner follows.
            bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), relays.value.encrypted)
                }
            }.withConnectedSocket(socket).whenFailure { _ in relays.value.encrypted.isGone() }
            bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(relays.value.clear)
                }
            }.withConnectedSocket(inner).whenFailure { _ in relays.value.clear.isGone() }
        }
        return ends[0]
    }
}

/// One side of two connections that pass everything to each other; each reads only while the other can take it.
private final class Relay: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The cycle ends when both are gone.
    var partner: Relay?
    private var context: ChannelHandlerContext?
    private var wantsRead = false

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        partner?.canWrite()
    }

    func handlerRemoved(context: ChannelHandlerContext) { isGone() }

    func isGone() {
        context = nil
        partner?.context?.close(promise: nil)
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner?.context?.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The connection sees its end; what went wrong in TLS is the client's to know, by the alert.
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.canWrite() }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if let partner = partner?.context, partner.channel.isWritable {
            context.read()
        } else {
            wantsRead = true
        }
    }

    private func canWrite() {
        guard wantsRead else { return }
        wantsRead = false
        context?.read()
    }
}
