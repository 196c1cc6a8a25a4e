import CLibmnl

/// One rule: conditions, and a drop when all of them hold. Written as nf_tables expressions over register 1.
struct FenceRule {
    enum Condition {
        /// meta nfproto: 2 IPv4, 10 IPv6.
        case protocolFamily(UInt8)
        /// meta l4proto.
        case transport(UInt8)
        /// These bytes at this place.
        case bytes(Place, [UInt8])
        /// The bytes at this place are in the set, or are not.
        case member(Place, count: UInt32, of: StaticString, negated: Bool)
    }

    struct Place {
        let base: nft_payload_bases
        let offset: UInt32

        static func network(_ offset: UInt32) -> Place { Place(base: NFT_PAYLOAD_NETWORK_HEADER, offset: offset) }
        static func transport(_ offset: UInt32) -> Place { Place(base: NFT_PAYLOAD_TRANSPORT_HEADER, offset: offset) }
    }

    let chain: StaticString
    let conditions: [Condition]

    /// To a guarded address that is not open, from it, and its neighbour discovery.
    static let internet = [
        FenceRule("input", [.protocolFamily(2)] + closed4(.network(16))),
        FenceRule("input", [.protocolFamily(10)] + closed6(.network(24))),
        FenceRule("input", solicits(135) + closed6(.transport(8))),
        FenceRule("output", [.protocolFamily(2)] + closed4(.network(12))),
        FenceRule("output", [.protocolFamily(10)] + closed6(.network(8))),
        FenceRule("output", solicits(136) + closed6(.transport(8))),
    ]

    /// Questions for a guarded address that is not open are not heard, but another holder's announcement of it is, so
    /// that this node too learns where it went; and nothing is said in its name.
    static let arp = [
        FenceRule(
            "input",
            [.bytes(.network(6), [0, 1]), .member(.network(14), count: 4, of: "guarded4", negated: true)]
                + closed4(.network(24))),
        FenceRule("output", closed4(.network(14))),
    ]

    init(_ chain: StaticString, _ conditions: [Condition]) {
        self.chain = chain
        self.conditions = conditions
    }

    private static func closed4(_ place: Place) -> [Condition] {
        [
            .member(place, count: 4, of: "guarded4", negated: false),
            .member(place, count: 4, of: "alive4", negated: true),
        ]
    }

    private static func closed6(_ place: Place) -> [Condition] {
        [
            .member(place, count: 16, of: "guarded6", negated: false),
            .member(place, count: 16, of: "alive6", negated: true),
        ]
    }

    private static func solicits(_ type: UInt8) -> [Condition] {
        [.protocolFamily(10), .transport(58), .bytes(.transport(0), [type])]
    }

    func add(family: UInt8, table: StaticString, into request: inout NetlinkRequest) {
        FenceTable.begin(NFT_MSG_NEWRULE, family: family, flags: NLM_F_CREATE | NLM_F_APPEND, into: &request)
        request.put(NFTA_RULE_TABLE, name: table)
        request.put(NFTA_RULE_CHAIN, name: chain)
        request.nest(NFTA_RULE_EXPRESSIONS) {
            for condition in conditions { Self.write(condition, into: &$0) }
            Self.writeDrop(into: &$0)
        }
    }

    private static let register = UInt32(NFT_REG_1.rawValue)

    private static func write(_ condition: Condition, into request: inout NetlinkRequest) {
        switch condition {
        case .protocolFamily(let family):
            meta(NFT_META_NFPROTO, into: &request)
            compare([family], into: &request)
        case .transport(let number):
            meta(NFT_META_L4PROTO, into: &request)
            compare([number], into: &request)
        case .bytes(let place, let bytes):
            load(place, count: UInt32(bytes.count), into: &request)
            compare(bytes, into: &request)
        case .member(let place, let count, let set, let negated):
            load(place, count: count, into: &request)
            expression("lookup", into: &request) {
                $0.put(NFTA_LOOKUP_SET, name: set)
                $0.put(NFTA_LOOKUP_SREG, network: register)
                if negated { $0.put(NFTA_LOOKUP_FLAGS, network: UInt32(NFT_LOOKUP_F_INV.rawValue)) }
            }
        }
    }

    private static func meta(_ key: nft_meta_keys, into request: inout NetlinkRequest) {
        expression("meta", into: &request) {
            $0.put(NFTA_META_KEY, network: UInt32(key.rawValue))
            $0.put(NFTA_META_DREG, network: register)
        }
    }

    private static func load(_ place: Place, count: UInt32, into request: inout NetlinkRequest) {
        expression("payload", into: &request) {
            $0.put(NFTA_PAYLOAD_DREG, network: register)
            $0.put(NFTA_PAYLOAD_BASE, network: UInt32(place.base.rawValue))
            $0.put(NFTA_PAYLOAD_OFFSET, network: place.offset)
            $0.put(NFTA_PAYLOAD_LEN, network: count)
        }
    }

    private static func compare(_ bytes: [UInt8], into request: inout NetlinkRequest) {
        expression("cmp", into: &request) {
            $0.put(NFTA_CMP_SREG, network: register)
            $0.put(NFTA_CMP_OP, network: UInt32(NFT_CMP_EQ.rawValue))
            $0.nest(NFTA_CMP_DATA) { $0.put(NFTA_DATA_VALUE, bytes: bytes) }
        }
    }

    private static func writeDrop(into request: inout NetlinkRequest) {
        expression("immediate", into: &request) {
            $0.put(NFTA_IMMEDIATE_DREG, network: UInt32(NFT_REG_VERDICT.rawValue))
            $0.nest(NFTA_IMMEDIATE_DATA) {
                $0.nest(NFTA_DATA_VERDICT) { $0.put(NFTA_VERDICT_CODE, network: verdictDrop) }
            }
        }
    }

    private static func expression(
        _ name: StaticString, into request: inout NetlinkRequest, _ body: (inout NetlinkRequest) -> Void
    ) {
        request.nest(NFTA_LIST_ELEM) {
            $0.put(NFTA_EXPR_NAME, name: name)
            $0.nest(NFTA_EXPR_DATA, body)
        }
    }
}
