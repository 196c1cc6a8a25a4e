import CLibmnl
import Glibc
import PacketProtocol

/// Tells when interfaces come, go, and change state (RTMGRP_LINK).
public struct LinkMonitor: ~Copyable {
    private var socket: NetlinkSocket

    /// - Throws: `NetlinkError`.
    public init() throws(NetlinkError) {
        socket = try NetlinkSocket(family: NETLINK_ROUTE, groups: UInt32(RTMGRP_LINK))
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
