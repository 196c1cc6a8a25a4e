import PacketProtocol
import Primitives

/// What a node that nobody configured is called and where it is reached.
public struct NodePlace: Equatable, Sendable {
    /// `keelson-` and the last three bytes of the interface's hardware address, so that a sticker on the machine tells
    /// which one it is.
    public let name: String
    public let interface: String
    public let address: Subnet

    /// The text of the node's configuration, `keelson.toml`.
    public var document: String {
        """
        # Written at the first start of this node: the first address that the network gave it.
        [node]
        name = "\(name)"
        interface = "\(interface)"
        address = "\(address)"

        """
    }
}

extension NodePlace {
    /// The best place that there is: IPv4 before IPv6, then the interface that the kernel found first.
    ///
    /// - Returns: nil while no wired interface with a carrier has an address that others can reach.
    static func best(of links: [LinkState], _ addresses: [AddressState]) -> NodePlace? {
        let places = links.filter { $0.isUp && $0.hardware != nil }.flatMap { link in
            addresses.filter { $0.index == link.index && $0.isReachable }.map { (link: link, subnet: $0.subnet) }
        }
        let best = places.min { left, right in rank(left) < rank(right) }
        return best.map { place in
            NodePlace(name: name(place.link), interface: place.link.name, address: place.subnet)
        }
    }

    private static func rank(_ place: (link: LinkState, subnet: Subnet)) -> (Int, Int32, IPAddress) {
        (place.subnet.address.isIPv4 ? 0 : 1, place.link.index, place.subnet.address)
    }

    private static func name(_ link: LinkState) -> String {
        let digits = (link.hardware?.bytes ?? []).suffix(3).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "keelson-" + digits.joined()
    }
}

extension AddressState {
    /// IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED and IFA_F_TENTATIVE (linux/if_addr.h).
    private static let unfit: UInt32 = 0x01 | 0x08 | 0x20 | 0x40

    /// Stays, is proven to be nobody else's, and is more than a link's own (RFC 3927, RFC 4291 2.5.6).
    fileprivate var isReachable: Bool {
        guard flags & Self.unfit == 0, subnet.isHostAddress else { return false }
        let bytes = subnet.address.bytes
        if subnet.address.isIPv4 { return bytes[0] != 127 && !(bytes[0] == 169 && bytes[1] == 254) }
        return !(bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) && subnet.address != IPAddress("::1")
    }
}
