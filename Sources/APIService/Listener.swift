import NIOSSL
import Primitives

/// Where and for whom the API listens.
public struct Listener: Sendable {
    /// Reads the identity of a member from its certificate, which TLS has verified against the cluster's CA.
    public typealias PeerIdentity = @Sendable (NIOSSLCertificate) throws -> NodeID

    enum Audience: Sendable {
        case local
        case users
        case console
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

    /// Users with tokens, whose requests the console's daemon passes on with their address in `Gate.client`.
    public static func users(path: String) -> Listener {
        Listener(audience: .users, address: .unixSocket(path))
    }

    /// The console's daemon itself, for what it shows to every user: it may read what a viewer may.
    public static func console(path: String) -> Listener {
        Listener(audience: .console, address: .unixSocket(path))
    }

    /// Members, over HTTPS with both certificates checked.
    public static func nodes(
        host: String = "::", port: Int, tls: TLSConfiguration, identity: @escaping PeerIdentity
    ) -> Listener {
        Listener(audience: .nodes(tls, identity), address: .tcp(host: host, port: port))
    }
}
