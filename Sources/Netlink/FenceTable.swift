import CLibmnl
import Primitives

/// One of the two tables, and the messages that make and change it (linux/netfilter/nf_tables.h).
struct FenceTable {
    /// A set of addresses of one family; `alive` ones have elements that time out.
    struct AddressSet {
        let name: StaticString
        let isIPv4: Bool
        let timesOut: Bool
    }

    let family: UInt8
    let sets: [AddressSet]

    static let tableName: StaticString = "keelson"
    static let internet = FenceTable(
        family: netfilterInternet,
        sets: [
            AddressSet(name: "guarded4", isIPv4: true, timesOut: false),
            AddressSet(name: "alive4", isIPv4: true, timesOut: true),
            AddressSet(name: "guarded6", isIPv4: false, timesOut: false),
            AddressSet(name: "alive6", isIPv4: false, timesOut: true),
        ])
    static let arp = FenceTable(
        family: netfilterARP,
        sets: [
            AddressSet(name: "guarded4", isIPv4: true, timesOut: false),
            AddressSet(name: "alive4", isIPv4: true, timesOut: true),
        ])

    private static let both = [internet, arp]
    private static let onlyInternet = [internet]

    /// The tables that know the address.
    static func of(_ address: IPAddress) -> [FenceTable] { address.isIPv4 ? both : onlyInternet }

    /// Before the connection tracking and every ordinary filter.
    private static let priority: Int32 = -300

    func install(into request: inout NetlinkRequest, guarded: [IPAddress]) {
        // Add, delete, add: a delete alone fails when there is none.
        add(into: &request)
        delete(into: &request)
        add(into: &request)
        for (index, set) in sets.enumerated() { add(set, identifier: UInt32(index + 1), into: &request) }
        addChain("input", hook: isARP ? 0 : 1, into: &request)
        addChain("output", hook: isARP ? 1 : 3, into: &request)
        let rules = isARP ? FenceRule.arp : FenceRule.internet
        for rule in rules { rule.add(family: family, table: Self.tableName, into: &request) }
        for address in guarded where !isARP || address.isIPv4 {
            element(NFT_MSG_NEWSETELEM, set: Self.guarded(address), address, nil, into: &request)
        }
    }

    func delete(into request: inout NetlinkRequest) {
        begin(NFT_MSG_DELTABLE, into: &request)
        request.put(NFTA_TABLE_NAME, name: Self.tableName)
    }

    /// Deletes every element that lets something pass.
    func flush(into request: inout NetlinkRequest) {
        for set in sets where set.timesOut {
            begin(NFT_MSG_DELSETELEM, into: &request)
            request.put(NFTA_SET_ELEM_LIST_TABLE, name: Self.tableName)
            request.put(NFTA_SET_ELEM_LIST_SET, name: set.name)
        }
    }

    func addElement(_ address: IPAddress, milliseconds: UInt64, into request: inout NetlinkRequest) {
        element(NFT_MSG_NEWSETELEM, set: Self.alive(address), address, milliseconds, into: &request)
    }

    func deleteElement(_ address: IPAddress, from request: inout NetlinkRequest) {
        element(NFT_MSG_DELSETELEM, set: Self.alive(address), address, nil, into: &request)
    }

    private static func alive(_ address: IPAddress) -> StaticString { address.isIPv4 ? "alive4" : "alive6" }
    private static func guarded(_ address: IPAddress) -> StaticString { address.isIPv4 ? "guarded4" : "guarded6" }

    private var isARP: Bool { family == netfilterARP }

    private func add(into request: inout NetlinkRequest) {
        begin(NFT_MSG_NEWTABLE, flags: NLM_F_CREATE, into: &request)
        request.put(NFTA_TABLE_NAME, name: Self.tableName)
        request.put(NFTA_TABLE_FLAGS, network: UInt32(0))
    }

    private func add(_ set: AddressSet, identifier: UInt32, into request: inout NetlinkRequest) {
        begin(NFT_MSG_NEWSET, flags: NLM_F_CREATE, into: &request)
        request.put(NFTA_SET_TABLE, name: Self.tableName)
        request.put(NFTA_SET_NAME, name: set.name)
        request.put(NFTA_SET_FLAGS, network: set.timesOut ? UInt32(NFT_SET_TIMEOUT.rawValue) : 0)
        // The types of the nft program, so that it prints the sets: ipv4_addr 7, ipv6_addr 8.
        request.put(NFTA_SET_KEY_TYPE, network: UInt32(set.isIPv4 ? 7 : 8))
        request.put(NFTA_SET_KEY_LEN, network: UInt32(set.isIPv4 ? 4 : 16))
        request.put(NFTA_SET_ID, network: identifier)
    }

    private func addChain(_ name: StaticString, hook: UInt32, into request: inout NetlinkRequest) {
        begin(NFT_MSG_NEWCHAIN, flags: NLM_F_CREATE, into: &request)
        request.put(NFTA_CHAIN_TABLE, name: Self.tableName)
        request.put(NFTA_CHAIN_NAME, name: name)
        request.nest(NFTA_CHAIN_HOOK) {
            $0.put(NFTA_HOOK_HOOKNUM, network: hook)
            $0.put(NFTA_HOOK_PRIORITY, network: Self.priority)
        }
        request.put(NFTA_CHAIN_POLICY, network: verdictAccept)
        request.put(NFTA_CHAIN_TYPE, name: "filter")
    }

    private func element(
        _ type: nf_tables_msg_types, set: StaticString, _ address: IPAddress, _ milliseconds: UInt64?,
        into request: inout NetlinkRequest
    ) {
        begin(type, flags: type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, into: &request)
        request.put(NFTA_SET_ELEM_LIST_TABLE, name: Self.tableName)
        request.put(NFTA_SET_ELEM_LIST_SET, name: set)
        request.nest(NFTA_SET_ELEM_LIST_ELEMENTS) {
            $0.nest(NFTA_LIST_ELEM) {
                $0.nest(NFTA_SET_ELEM_KEY) { $0.put(NFTA_DATA_VALUE, bytes: address.bytes) }
                if let milliseconds { $0.put(NFTA_SET_ELEM_TIMEOUT, network: milliseconds) }
            }
        }
    }

    private func begin(_ type: nf_tables_msg_types, flags: Int32 = 0, into request: inout NetlinkRequest) {
        Self.begin(type, family: family, flags: flags, into: &request)
    }

    static func begin(
        _ type: nf_tables_msg_types, family: UInt8, flags: Int32, into request: inout NetlinkRequest
    ) {
        let header = nfgenmsg(nfgen_family: family, version: UInt8(NFNETLINK_V0), res_id: 0)
        request.begin(UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(type.rawValue), flags: flags, extra: header)
    }
}
