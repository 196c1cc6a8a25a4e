import Primitives

/// A network interface as the kernel describes it (rtnetlink(7), ifinfomsg).
public struct LinkState: Equatable, Sendable {
    public let index: Int32
    public let name: String
    /// Switched on and with a carrier.
    public let isUp: Bool
    /// False in the message that tells of its removal.
    public let exists: Bool
    /// Of an Ethernet interface.
    public let hardware: HardwareAddress?

    public init(index: Int32, name: String, isUp: Bool, exists: Bool, hardware: HardwareAddress?) {
        self.index = index
        self.name = name
        self.isUp = isUp
        self.exists = exists
        self.hardware = hardware
    }
}

/// An address on an interface as the kernel describes it (rtnetlink(7), ifaddrmsg).
public struct AddressState: Equatable, Sendable {
    public let index: Int32
    public let subnet: Subnet
    /// IFA_PROTO: who put it there; 0 when nobody said.
    public let origin: UInt8
    /// IFA_F_ flags.
    public let flags: UInt32
    /// Seconds until the kernel removes it; nil: never.
    public let validSeconds: UInt32?
}

/// One message of the kernel.
public enum NetlinkMessage: Equatable, Sendable {
    /// The answer to a request: errno 0 is an acknowledgement.
    case answer(sequence: UInt32, errno: Int32, reason: String?)
    /// The end of a dump.
    case done(sequence: UInt32, errno: Int32)
    case link(LinkState)
    case address(AddressState)
    /// Of no interest here.
    case other(type: UInt16)

    /// Reads a whole datagram.
    ///
    /// - Throws: `NetlinkFormatError`; messages before the one at fault are in the list.
    public static func parse(
        _ datagram: RawSpan, into list: inout [NetlinkMessage]
    ) throws(NetlinkFormatError) {
        var found: [NetlinkMessage] = []
        defer { list += found }
        try NetlinkReader.messages(in: datagram) { (header, payload) throws(NetlinkFormatError) in
            found.append(try NetlinkMessage(header: header, payload: payload))
        }
    }

    init(header: NetlinkHeader, payload: RawSpan) throws(NetlinkFormatError) {
        switch header.type {
        case 2: self = try Self.answer(header, payload)
        case 3: self = .done(sequence: header.sequence, errno: -(payload.native(at: 0, as: Int32.self) ?? 0).clamped)
        case 16, 17: self = .link(try LinkState(payload: payload, exists: header.type == 16))
        case 20:
            guard let address = try AddressState(payload: payload) else {
                self = .other(type: header.type)
                return
            }
            self = .address(address)
        default: self = .other(type: header.type)
        }
    }

    /// NLMSG_ERROR: an errno, the header of the request, and with NETLINK_EXT_ACK a text in attribute 1.
    private static func answer(_ header: NetlinkHeader, _ payload: RawSpan) throws(NetlinkFormatError) -> NetlinkMessage
    {
        guard let code = payload.native(at: 0, as: Int32.self),
            let requestLength = payload.native(at: 4, as: UInt32.self).map(Int.init),
            let sequence = payload.native(at: 12, as: UInt32.self)
        else { throw NetlinkFormatError(description: "a netlink answer is cut") }
        var reason: String?
        if header.flags & 0x200 != 0 {
            // Without NLM_F_CAPPED the whole request stands before the attributes.
            let start = header.flags & 0x100 != 0 ? 4 + NetlinkHeader.size : 4 + ((requestLength + 3) & ~3)
            try NetlinkReader.attributes(in: payload, from: start) { (type, value) in
                if type == 1 { reason = value.text() }
            }
        }
        return .answer(sequence: sequence, errno: -code.clamped, reason: reason)
    }
}

extension Int32 {
    /// Can be negated.
    fileprivate var clamped: Int32 { Swift.max(self, -.max) }
}

extension LinkState {
    init(payload: RawSpan, exists: Bool) throws(NetlinkFormatError) {
        guard let kind = payload.native(at: 2, as: UInt16.self), let index = payload.native(at: 4, as: Int32.self),
            let flags = payload.native(at: 8, as: UInt32.self), payload.byteCount >= 16
        else { throw NetlinkFormatError(description: "a netlink message about a link is cut") }
        var name = ""
        var hardware: HardwareAddress?
        try NetlinkReader.attributes(in: payload, from: 16) { (type, value) in
            switch type {
            case 1: if kind == 1, let bytes = value.array(at: 0, count: 6) { hardware = HardwareAddress(bytes: bytes) }
            case 3: name = value.text()
            default: break
            }
        }
        // IFF_UP and IFF_LOWER_UP.
        let isUp = flags & 1 != 0 && flags & 0x10000 != 0
        self.init(index: index, name: name, isUp: exists && isUp, exists: exists, hardware: hardware)
    }
}

extension AddressState {
    /// - Returns: nil for an address of another family, or none.
    init?(payload: RawSpan) throws(NetlinkFormatError) {
        guard let family = payload.byte(at: 0), let length = payload.byte(at: 1), let flag = payload.byte(at: 3),
            let index = payload.native(at: 4, as: Int32.self)
        else { throw NetlinkFormatError(description: "a netlink message about an address is cut") }
        let size = family == 2 ? 4 : 16
        guard family == 2 || family == 10 else { return nil }
        var address: [UInt8]?
        var local: [UInt8]?
        var flags = UInt32(flag)
        var origin: UInt8 = 0
        var valid: UInt32?
        try NetlinkReader.attributes(in: payload, from: 8) { (type, value) in
            switch type {
            case 1: address = value.array(at: 0, count: size)
            case 2: local = value.array(at: 0, count: size)
            case 6: valid = value.native(at: 4, as: UInt32.self)
            case 8: flags = value.native(at: 0, as: UInt32.self) ?? flags
            case 11: origin = value.byte(at: 0) ?? 0
            default: break
            }
        }
        // IFA_LOCAL is the own address, IFA_ADDRESS the far end of a point to point link.
        guard let bytes = local ?? address,
            let subnet = Subnet(address: IPAddress(bytes: bytes), prefixLength: Int(length))
        else { return nil }
        self.index = index
        self.subnet = subnet
        self.origin = origin
        self.flags = flags
        self.validSeconds = valid == .max ? nil : valid
    }
}
