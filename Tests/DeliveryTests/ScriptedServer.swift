import Foundation
import Identity
import JoinCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Primitives

/// A server on loopback that does what its script says, for one connection, and remembers every byte that it got.
struct ScriptedServer {
    enum Step: Sendable {
        case say(String)
        /// Wait for one line.
        case hearLine
        /// Wait for everything up to these characters.
        case hearThrough(String)
        /// Wait for an HTTP request with its body.
        case hearRequest
        /// Wait for the other side's end.
        case hearEnd
        /// Begin TLS; what was said before is sent first.
        case secure
        /// End the connection at once.
        case cut
    }

    /// A certificate for 127.0.0.1 and the authority behind it.
    struct Identity {
        let tls: TLSConfiguration
        let ca: String

        init() throws {
            let now = WallTime(secondsSince1970: Int64(Date().timeIntervalSince1970))
            let authority = try CertificateAuthority(clusterName: "test", at: now)
            let key = NodeKey()
            let certificate = try authority.issue(
                to: ProvenPublicKey(key), name: "server", addresses: [], at: now)
            tls = try NodeIdentity(key: key, certificate: certificate, trust: authority.trust).serverTLS()
            ca = authority.trust.pem
        }
    }

    /// A port where nobody listens (tcpmux, RFC 1078, which nobody has): a free one may be somebody's a moment later.
    static let nobody = 1

    /// Gives the body the port; afterwards waits for the script's end when the body says that it was all needed.
    /// - Returns: what the server heard.
    static func run(
        _ script: [Step], tls: TLSConfiguration? = nil, isSecureFromStart: Bool = true, waits: Bool = true,
        _ body: (Int) async throws -> Void
    ) async throws -> String {
        let heard = NIOLockedValueBox("")
        let group = MultiThreadedEventLoopGroup.singleton
        let end = group.next().makePromise(of: Void.self)
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let listener = try await ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let context, isSecureFromStart {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
                try channel.pipeline.syncOperations.addHandler(Actor(script, context, heard, end))
            }
        }.bind(host: "0.0.0.0", port: 0).get()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(listener.localAddress?.port ?? 0))
        } catch {
            outcome = .failure(error)
        }
        try await listener.close().get()
        if waits { try await end.futureResult.get() } else { end.succeed() }
        try outcome.get()
        return heard.withLockedValue { $0 }
    }

    private final class Actor: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var script: ArraySlice<Step>
        private var buffer = ""
        private let context: NIOSSLContext?
        private let heard: NIOLockedValueBox<String>
        private let end: EventLoopPromise<Void>

        init(
            _ script: [Step], _ context: NIOSSLContext?, _ heard: NIOLockedValueBox<String>,
            _ end: EventLoopPromise<Void>
        ) {
            self.script = script[...]
            self.context = context
            self.heard = heard
            self.end = end
        }

        func channelActive(context: ChannelHandlerContext) { play(context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            heard.withLockedValue { $0 += text }
            buffer += text
            play(context)
        }

        func channelInactive(context: ChannelHandlerContext) { end.succeed() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func play(_ context: ChannelHandlerContext) {
            while let step = script.first {
                switch step {
                case .say(let text):
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                case .hearLine: guard take(through: "\r\n") else { return }
                case .hearThrough(let mark): guard take(through: mark) else { return }
                case .hearRequest: guard takeRequest() else { return }
                case .hearEnd: return
                case .secure:
                    guard let tls = self.context else { preconditionFailure("a script without a certificate") }
                    do {
                        try context.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: tls), position: .first)
                    } catch { preconditionFailure("\(error)") }
                case .cut: context.close(promise: nil)
                }
                script.removeFirst()
            }
        }

        private func take(through mark: String) -> Bool {
            guard let found = buffer.range(of: mark) else { return false }
            buffer = String(buffer[found.upperBound...])
            return true
        }

        private func takeRequest() -> Bool {
            guard let head = buffer.range(of: "\r\n\r\n") else { return false }
            let length =
                buffer[..<head.lowerBound].lowercased().split(separator: "\r\n")
                .compactMap { $0.hasPrefix("content-length: ") ? Int($0.dropFirst(16)) : nil }.first ?? 0
            guard buffer[head.upperBound...].utf8.count >= length else { return false }
            buffer = ""
            return true
        }
    }
}
