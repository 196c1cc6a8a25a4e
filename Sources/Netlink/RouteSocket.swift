import CLibmnl
import Glibc
import PacketProtocol
import Primitives

/// Addresses and links of this network namespace (rtnetlink(7)).
public struct RouteSocket: ~Copyable {
    private var socket: NetlinkSocket
    private var request = NetlinkRequest()

    /// IFA_PROTO of the addresses that the VIP manager adds: how a later life knows them as leftovers.
    public static let origin: UInt8 = 75

    /// - Throws: `NetlinkError`.
    public init() throws(NetlinkError) { socket = try NetlinkSocket(family: NETLINK_ROUTE) }

    /// Adds an address that is not there, or one that an earlier taking left. IPv6 without duplicate address detection and
    /// deprecated, so that it is no source of the node's own connections; no route comes with it.
    ///
    /// - Parameter seconds: when the kernel removes it by itself.
    /// - Throws: `NetlinkError`; EEXIST when somebody else put the address there, which is then left alone.
    public mutating func add(
        _ subnet: Subnet, onInterface index: Int32, forSeconds seconds: UInt32
    ) throws(NetlinkError) {
        do throws(NetlinkError) {
            try put(subnet, index, seconds, flags: NLM_F_CREATE | NLM_F_EXCL, "add")
        } catch {
            guard error.errno == EEXIST else { throw error }
            let isOwn = try addresses().contains {
                $0.index == index && $0.subnet.address == subnet.address && $0.origin == Self.origin
            }
            guard isOwn else { throw error }
            try renew(subnet, onInterface: index, forSeconds: seconds)
        }
    }

    /// Starts the lifetime of an address anew, and adds it where it has gone.
    ///
    /// - Throws: `NetlinkError`.
    public mutating func renew(
        _ subnet: Subnet, onInterface index: Int32, forSeconds seconds: UInt32
    ) throws(NetlinkError) {
        try put(subnet, index, seconds, flags: NLM_F_CREATE | NLM_F_REPLACE, "renew")
    }

    private mutating func put(
        _ subnet: Subnet, _ index: Int32, _ seconds: UInt32, flags mode: Int32, _ verb: StaticString
    ) throws(NetlinkError) {
        request.reset()
        begin(RTM_NEWADDR, subnet, index, flags: mode | NLM_F_ACK)
        var flags = UInt32(IFA_F_NOPREFIXROUTE)
        if !subnet.address.isIPv4 { flags |= UInt32(IFA_F_NODAD) }
        request.put(UInt16(IFA_FLAGS), native: flags)
        let preferred = subnet.address.isIPv4 ? seconds : 0
        var lifetimes: [UInt8] = []
        for number in [preferred, seconds, 0, 0] { withUnsafeBytes(of: number) { lifetimes += $0 } }
        request.put(UInt16(IFA_CACHEINFO), bytes: lifetimes)
        request.put(UInt16(Self.originAttribute), native: Self.origin)
        try socket.perform(&request, "\(verb) the address \(subnet)")
    }

    /// Removes those of the addresses that are there and were added by `add` or `renew`, whatever their prefix length.
    /// What somebody else put there stays.
    ///
    /// - Throws: `NetlinkError`.
    public mutating func remove(_ unwanted: [IPAddress]) throws(NetlinkError) {
        for state in try addresses() where state.origin == Self.origin && unwanted.contains(state.subnet.address) {
            try remove(state)
        }
    }

    /// Removes every address that `add` or `renew` ever put there.
    ///
    /// - Returns: what was removed.
    /// - Throws: `NetlinkError`.
    public mutating func removeAll() throws(NetlinkError) -> [Subnet] {
        let own = try addresses().filter { $0.origin == Self.origin }
        for state in own { try remove(state) }
        return own.map(\.subnet)
    }

    private mutating func remove(_ state: AddressState) throws(NetlinkError) {
        request.reset()
        begin(RTM_DELADDR, state.subnet, state.index, flags: NLM_F_ACK)
        do throws(NetlinkError) {
            try socket.perform(&request, "remove the address \(state.subnet)")
        } catch {
            // Its lifetime, or that of its interface, ended in this moment.
            if error.errno != EADDRNOTAVAIL && error.errno != ENODEV { throw error }
        }
    }

    /// Every address of the namespace.
    ///
    /// - Throws: `NetlinkError`.
    public mutating func addresses() throws(NetlinkError) -> [AddressState] {
        request.reset()
        request.begin(UInt16(RTM_GETADDR), flags: NLM_F_DUMP, extra: ifaddrmsg())
        var list: [AddressState] = []
        try socket.perform(&request, "list the addresses") { if case .address(let state) = $0 { list.append(state) } }
        return list
    }

    /// Every interface of the namespace.
    ///
    /// - Throws: `NetlinkError`.
    public mutating func links() throws(NetlinkError) -> [LinkState] {
        request.reset()
        request.begin(UInt16(RTM_GETLINK), flags: NLM_F_DUMP, extra: ifinfomsg())
        var list: [LinkState] = []
        try socket.perform(&request, "list the interfaces") { if case .link(let state) = $0 { list.append(state) } }
        return list
    }

    /// IFA_PROTO; Debian 12's headers know it, but it is an enumerator without a type.
    private static let originAttribute = 11

    private mutating func begin(_ type: Int, _ subnet: Subnet, _ index: Int32, flags: Int32) {
        let header = ifaddrmsg(
            ifa_family: UInt8(subnet.address.isIPv4 ? AF_INET : AF_INET6), ifa_prefixlen: UInt8(subnet.prefixLength),
            ifa_flags: 0, ifa_scope: 0, ifa_index: UInt32(index))
        request.begin(UInt16(type), flags: flags, extra: header)
        request.put(UInt16(IFA_LOCAL), bytes: subnet.address.bytes)
        request.put(UInt16(IFA_ADDRESS), bytes: subnet.address.bytes)
    }
}
