import CLibmnl
import Glibc
import PacketProtocol

/// Tells when interfaces come, go, and change state, and on demand when their addresses do (rtnetlink(7)).
public struct LinkMonitor: ~Copyable {
    private var socket: NetlinkSocket

    /// - Parameter withAddresses: whether it can be read, too, when an address has come or gone.
    /// - Throws: `NetlinkError`.
    public init(withAddresses: Bool = false) throws(NetlinkError) {
        let addresses = withAddresses ? RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR : 0
        socket = try NetlinkSocket(family: NETLINK_ROUTE, groups: UInt32(RTMGRP_LINK | addresses))
    }

    /// For poll.
    public var raw: Int32 { socket.raw }

    /// - Returns: the changes that have come, in order; nil when some were lost and the links have to be listed anew.
    /// - Throws: `NetlinkError`.
    public mutating func changes() throws(NetlinkError) -> [LinkState]? {
        var list: [LinkState] = []
        while true {
            guard let events = try socket.events() else { return nil }
            if events.isEmpty { return list }
            for case .link(let state) in events { list.append(state) }
        }
    }
}
