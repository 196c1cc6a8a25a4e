import ConfigurationCore
import Identity
import Linux
import Logging
import NIOCore
import NIOSSL
import Primitives
import Synchronization

/// The certificates of the console: the node's own for connections to its address, the cluster's for every other
/// address, which is a virtual one. Read anew when the files change.
final class TLSBook: Sendable {
    private struct Contexts: Sendable {
        var node: NIOSSLContext
        var web: NIOSSLContext?
        var source: Source
    }

    private struct Source: Equatable {
        var node: NodeIdentity
        var web: WebIdentity?

        static func == (left: Source, right: Source) -> Bool {
            left.node.certificate == right.node.certificate && left.node.key.pem == right.node.key.pem
                && left.web == right.web
        }
    }

    private let configuration: NodeConfiguration
    private let contexts = Mutex<Contexts?>(nil)

    init(configuration: NodeConfiguration) { self.configuration = configuration }

    /// - Returns: false while the node has no certificate yet.
    /// - Throws: what reading the files throws; the old certificates stay.
    @discardableResult
    func reload() throws -> Bool {
        guard try DurableFile.read(configuration.nodeCertificatePath) != nil else { return false }
        let source = Source(
            node: try IdentityFolder(path: configuration.identityDirectory).load(),
            web: try WebIdentityFile(path: configuration.webIdentityPath).read())
        if contexts.withLock({ $0?.source == source }) { return true }
        let fresh = Contexts(
            node: try NIOSSLContext(configuration: source.node.serverTLS()),
            web: try source.web.map { try NIOSSLContext(configuration: $0.serverTLS()) }, source: source)
        contexts.withLock { $0 = fresh }
        return true
    }

    /// - Parameter local: the address that the client has connected to.
    func context(for local: SocketAddress?) throws -> NIOSSLContext {
        guard let contexts = contexts.withLock({ $0 }) else {
            throw SystemError(operation: "read", subject: configuration.nodeCertificatePath, errno: 2)
        }
        let mine = ["\(configuration.address.address)", "127.0.0.1", "::1"]
        guard let web = contexts.web, let text = local?.ipAddress, !mine.contains(Self.plain(text)) else {
            return contexts.node
        }
        return web
    }

    /// An IPv4 client of an IPv6 socket shows as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
    private static func plain(_ text: String) -> String {
        text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}
