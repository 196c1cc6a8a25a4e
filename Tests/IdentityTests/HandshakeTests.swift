import Foundation
import Identity
import JoinCore
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Primitives
import Testing

/// Real handshakes over loopback: who gets in, and whom the server sees.
@Suite struct HandshakeTests {
    private static func identity(_ authority: CertificateAuthority, at now: WallTime) throws -> NodeIdentity {
        let key = NodeKey()
        let certificate = try authority.issue(to: ProvenPublicKey(key), name: "n", addresses: [], at: now)
        return try NodeIdentity(key: key, certificate: certificate, trust: authority.trust)
    }

    /// - Returns: whom the server saw, nil when the client showed no certificate.
    static func handshake(server: TLSConfiguration, client: TLSConfiguration) async throws -> NodeID? {
        let group = MultiThreadedEventLoopGroup.singleton
        let serverContext = try NIOSSLContext(configuration: server)
        let clientContext = try NIOSSLContext(configuration: client)
        let seen = group.next().makePromise(of: NodeID?.self)
        let listener = try await ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: serverContext))
                try channel.pipeline.syncOperations.addHandler(HandshakeEnd(seen))
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(listener.localAddress)
        let channel = try await ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    try NIOSSLClientHandler(context: clientContext, serverHostname: nil))
                try channel.pipeline.syncOperations.addHandler(HandshakeEnd(nil))
            }
        }.connect(to: address).get()
        let result: Result<NodeID?, any Error>
        do { result = .success(try await seen.futureResult.get()) } catch { result = .failure(error) }
        channel.close(promise: nil)
        try await listener.close().get()
        return try result.get()
    }

    @Test func membersSeeEachOther() async throws {
        let now = WallTime(Date())
        let authority = try CertificateAuthority(clusterName: "demo", at: now)
        let (server, client) = (try Self.identity(authority, at: now), try Self.identity(authority, at: now))
        let seen = try await Self.handshake(server: try server.mutualServerTLS(), client: try client.mutualClientTLS())
        #expect(seen == client.node)
    }

    @Test func usersNeedNoCertificate() async throws {
        let now = WallTime(Date())
        let authority = try CertificateAuthority(clusterName: "demo", at: now)
        let server = try Self.identity(authority, at: now)
        for client in [try authority.trust.clientTLS(), ClusterTrust.uncheckedClientTLS()] {
            #expect(try await Self.handshake(server: try server.serverTLS(), client: client) == nil)
        }
    }

    @Test func strangersAreRefused() async throws {
        let now = WallTime(Date())
        let ours = try CertificateAuthority(clusterName: "demo", at: now)
        let theirs = try CertificateAuthority(clusterName: "demo", at: now)
        let server = try Self.identity(ours, at: now).mutualServerTLS()
        let stranger = try Self.identity(theirs, at: now)
        var liar = try stranger.mutualClientTLS()
        liar.certificateVerification = .none
        for client in [liar, try ours.trust.clientTLS(), try stranger.mutualClientTLS()] {
            await #expect(throws: (any Error).self) { try await Self.handshake(server: server, client: client) }
        }
    }
}

/// Reports how a handshake ended on the server's side; on the client's side it only swallows errors.
private final class HandshakeEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var promise: EventLoopPromise<NodeID?>?

    init(_ promise: EventLoopPromise<NodeID?>?) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        do {
            let peer = try context.pipeline.syncOperations.nioSSL_peerCertificate()
            finish(.success(try peer.map { try NodeID(peer: $0) }))
        } catch {
            finish(.failure(error))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { finish(.failure(ChannelError.eof)) }

    private func finish(_ result: Result<NodeID?, any Error>) {
        promise?.completeWith(result)
        promise = nil
    }
}
