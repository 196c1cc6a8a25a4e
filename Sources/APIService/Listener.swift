import NIOSSL
import Primitives

/// Where and for whom the API listens.
public struct Listener: Sendable {
    /// Reads the identity of a member from its certificate, which TLS has verified against the cluster's CA.
    public typealias PeerIdentity = @Sendable (NIOSSLCertificate) throws -> NodeID

    enum Audience: Sendable {
        case local
        case users(TLSConfiguration)
        case nodes(TLSConfiguration, PeerIdentity)
    }

    enum Address: Sendable, Equatable {
        case unixSocket(String)
        case tcp(host: String, port: Int)
    }

    let audience: Audience
    let address: Address

    /// root on this machine: trusted. The socket's mode becomes 0600; its folder should be root's too.
    public static func local(path: String) -> Listener {
        Listener(audience: .local, address: .unixSocket(path))
    }

    /// Users with tokens, over HTTPS.
    /// - Parameters:
    ///   - host: `::` for all IPv4 and IPv6 addresses.
    ///   - port: 0 takes a free one.
    public static func users(host: String = "::", port: Int, tls: TLSConfiguration) -> Listener {
        Listener(audience: .users(tls), address: .tcp(host: host, port: port))
    }

    /// Members, over HTTPS with both certificates checked.
    public static func nodes(
        host: String = "::", port: Int, tls: TLSConfiguration, identity: @escaping PeerIdentity
    ) -> Listener {
        Listener(audience: .nodes(tls, identity), address: .tcp(host: host, port: port))
    }
}
