import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Primitives

/// Looks at an authority before it is kept.
public enum TrustedAuthority {
    /// Whether the PEM holds at least one certificate, and nothing that cannot be read.
    public static func isReadable(_ pem: String) -> Bool {
        do {
            return try !NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)).isEmpty
        } catch {
            return false  // The field is named to whoever sent it; OpenSSL's own words help nobody.
        }
    }
}

/// What all targets have in common: TLS with one authority or the system's, and an end to every try.
enum Connection {
    static let connectTimeout = TimeAmount.seconds(10)

    /// - Parameter ca: PEM; nil trusts what the system trusts.
    static func tls(_ ca: String?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let ca { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(ca.utf8))) }
        return configuration
    }

    static func handler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        // An address is no server name (RFC 6066, section 3); it is compared with the certificate all the same.
        try NIOSSLClientHandler(context: context, serverHostname: IPAddress(host) == nil ? host : nil)
    }

    static func within(
        _ limit: Span, _ body: @escaping @Sendable () async throws -> Void
    ) async throws(DeliveryFailure) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(operation: body)
                group.addTask {
                    try await Task.sleep(for: .nanoseconds(limit.nanoseconds))
                    throw DeliveryFailure("it was not done within \(limit.milliseconds / 1_000) s")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            throw DeliveryFailure(error)
        }
    }
}

/// Remembers the first error of a connection, which says more than what follows from it, and ends the connection.
final class ErrorWatch: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let error = NIOLockedValueBox<(any Error)?>(nil)

    var first: (any Error)? { error.withLockedValue { $0 } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error.withLockedValue { $0 = $0 ?? error }
        context.close(promise: nil)
        context.fireErrorCaught(error)
    }
}
