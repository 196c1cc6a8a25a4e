import Primitives

/// What to ask the network about; what is absent is not asked.
public struct SetupChecksRequest: Codable, Equatable, Sendable {
    public var vip: [Subnet]?
    public var gateway: IPAddress?
    /// `host` or `host:port`.
    public var ntp: [String]?
    public var dns: [IPAddress]?

    public init(vip: [Subnet]? = nil, gateway: IPAddress? = nil, ntp: [String]? = nil, dns: [IPAddress]? = nil) {
        self.vip = vip
        self.gateway = gateway
        self.ntp = ntp
        self.dns = dns
    }
}

/// The answers, in the order of the request.
public struct SetupChecks: Codable, Equatable, Sendable {
    public var items: [SetupCheck]

    public init(items: [SetupCheck]) { self.items = items }
}

/// One question to the network and its answer.
public struct SetupCheck: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// The virtual address lies in this node's network.
        case vipInSubnet
        /// The virtual address is no node's own.
        case vipNotNode
        /// Nobody answers for the virtual address (ARP or neighbour discovery).
        case vipFree
        /// The gateway answers.
        case gateway
        /// The time server answers and its clock is synchronized.
        case ntp
        /// The name server answers.
        case dns
    }

    public var check: Kind
    /// The address or server that was asked about.
    public var subject: String
    public var ok: Bool
    /// How long the answer took; nil where nothing was sent.
    public var milliseconds: Double?
    /// This node's clock minus the time server's.
    public var offsetMilliseconds: Double?
    /// Why not, with the request's field.
    public var error: APIError?

    public init(
        check: Kind, subject: String, ok: Bool, milliseconds: Double? = nil, offsetMilliseconds: Double? = nil,
        error: APIError? = nil
    ) {
        self.check = check
        self.subject = subject
        self.ok = ok
        self.milliseconds = milliseconds
        self.offsetMilliseconds = offsetMilliseconds
        self.error = error
    }
}
