import CLibmnl
import Glibc
import Primitives

/// The kernel's fence: traffic and ARP of guarded addresses pass only while the address is in a set whose elements time
/// out, so that a daemon that hangs or dies loses them by itself. Tables `inet keelson` and `arp keelson`.
public struct Fence: ~Copyable {
    private var socket: NetlinkSocket
    private var request = NetlinkRequest()

    /// An address that may pass, and for how long: whole milliseconds from the moment of the call.
    public struct Opening: Equatable, Sendable {
        public let address: IPAddress
        public let milliseconds: UInt64

        public init(_ address: IPAddress, milliseconds: UInt64) {
            self.address = address
            self.milliseconds = milliseconds
        }
    }

    /// - Throws: `NetlinkError`.
    public init() throws(NetlinkError) { socket = try NetlinkSocket(family: NETLINK_NETFILTER) }

    /// Replaces the tables in one transaction: at no moment is there none. Slow (milliseconds); not for a takeover.
    ///
    /// - Parameters:
    ///   - guarded: addresses that pass only while they are open.
    ///   - open: those that are open at once.
    /// - Throws: `NetlinkError`; nothing has changed then.
    public mutating func install(guarded: [IPAddress], open: [Opening] = []) throws(NetlinkError) {
        beginBatch()
        FenceTable.internet.install(into: &request, guarded: guarded)
        FenceTable.arp.install(into: &request, guarded: guarded)
        for opening in open { put(opening) }
        try commit("install the fence")
    }

    /// Lets traffic of these addresses pass until the time is over; replaces the time of those that are open.
    ///
    /// - Precondition: `install` guards them, and milliseconds are positive.
    /// - Throws: `NetlinkError`; nothing has changed then.
    public mutating func open(_ openings: [Opening]) throws(NetlinkError) {
        guard !openings.isEmpty else { return }
        beginBatch()
        for opening in openings { put(opening) }
        try commit("open the fence")
    }

    /// Cuts these addresses now.
    ///
    /// - Returns: false when there is no fence.
    /// - Throws: `NetlinkError`; nothing has changed then.
    @discardableResult
    public mutating func close(_ addresses: [IPAddress]) throws(NetlinkError) -> Bool {
        guard !addresses.isEmpty else { return true }
        beginBatch()
        for address in addresses {
            for table in FenceTable.of(address) {
                // The add makes sure that there is something to delete: an element may time out at any moment.
                table.addElement(address, milliseconds: 1_000, into: &request)
                table.deleteElement(address, from: &request)
            }
        }
        return try commitIfPresent("close the fence")
    }

    /// Cuts every guarded address now, also those that an earlier life of the program left open.
    ///
    /// - Returns: false when there is no fence.
    /// - Throws: `NetlinkError`.
    @discardableResult
    public mutating func closeAll() throws(NetlinkError) -> Bool {
        beginBatch()
        for table in [FenceTable.internet, FenceTable.arp] { table.flush(into: &request) }
        return try commitIfPresent("close the fence")
    }

    /// Removes the tables: nothing is guarded any more.
    ///
    /// - Returns: false when there were none.
    /// - Throws: `NetlinkError`.
    @discardableResult
    public mutating func remove() throws(NetlinkError) -> Bool {
        beginBatch()
        for table in [FenceTable.internet, FenceTable.arp] { table.delete(into: &request) }
        return try commitIfPresent("remove the fence")
    }

    private mutating func put(_ opening: Opening) {
        precondition(opening.milliseconds > 0, "an opening of no time would be one for ever")
        for table in FenceTable.of(opening.address) {
            // A plain add does not prolong an element that is there, a plain delete fails when it has just timed out.
            table.addElement(opening.address, milliseconds: opening.milliseconds, into: &request)
            table.deleteElement(opening.address, from: &request)
            table.addElement(opening.address, milliseconds: opening.milliseconds, into: &request)
        }
    }

    private mutating func beginBatch() {
        request.reset()
        request.begin(UInt16(NFNL_MSG_BATCH_BEGIN), flags: 0, extra: Self.batchHeader)
    }

    private mutating func commit(_ name: String) throws(NetlinkError) {
        request.acknowledgeLast()
        request.begin(UInt16(NFNL_MSG_BATCH_END), flags: 0, extra: Self.batchHeader)
        try socket.perform(&request, answeredBefore: 1, name)
    }

    private mutating func commitIfPresent(_ name: String) throws(NetlinkError) -> Bool {
        do throws(NetlinkError) {
            try commit(name)
            return true
        } catch {
            if error.errno == ENOENT { return false }
            throw error
        }
    }

    private static let batchHeader = nfgenmsg(
        nfgen_family: UInt8(AF_UNSPEC), version: UInt8(NFNETLINK_V0), res_id: UInt16(NFNL_SUBSYS_NFTABLES).bigEndian)
}
