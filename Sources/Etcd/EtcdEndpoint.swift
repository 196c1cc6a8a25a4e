import Primitives

/// Where one etcd member serves clients, always over TLS.
public struct EtcdEndpoint: Hashable, Sendable {
    public let address: IPAddress
    public let port: UInt16

    public init(address: IPAddress, port: UInt16 = 2379) {
        self.address = address
        self.port = port
    }

    /// The member on this machine.
    public static let loopback = EtcdEndpoint(address: IPAddress(bytes: [127, 0, 0, 1]))

    /// As etcd writes it, `https://10.77.0.11:2379`.
    public var url: String { "https://\(description)" }

    /// - Returns: nil unless it is an https URL with an address and a port.
    public init?(url: String) {
        guard url.hasPrefix("https://") else { return nil }
        let rest = url.dropFirst("https://".utf8.count).prefix { $0 != "/" }
        guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]) else {
            return nil
        }
        let host = rest[..<colon].filter { $0 != "[" && $0 != "]" }
        guard let address = IPAddress(String(host)) else { return nil }
        self.init(address: address, port: port)
    }
}

extension EtcdEndpoint: CustomStringConvertible {
    public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

/// Which member a request goes to.
public enum EndpointChoice: Hashable, Sendable {
    /// The one that served last; the others in their order when it cannot be reached.
    case any
    /// This one or an error.
    case only(EtcdEndpoint)
}

/// The members in the order in which they are asked. The one that served last stays first until it fails; the
/// preferred one (on this machine: one hop less, and gone only together with it) is probed until it can take over again.
struct EndpointOrder: Sendable {
    private var preference: [EtcdEndpoint]
    private(set) var first: EtcdEndpoint

    /// - Precondition: at least one.
    init(_ endpoints: [EtcdEndpoint]) {
        precondition(!endpoints.isEmpty, "an etcd client without endpoints")
        preference = endpoints
        first = endpoints[0]
    }

    /// All, beginning with the one that serves.
    var endpoints: [EtcdEndpoint] { Self.ring(preference, from: first) }

    func candidates(_ choice: EndpointChoice) -> [EtcdEndpoint] {
        switch choice {
        case .any: endpoints
        case .only(let endpoint): [endpoint]
        }
    }

    /// The one to go back to; nil while it serves.
    var absentPreferred: EtcdEndpoint? { first == preference[0] ? nil : preference[0] }

    /// Goes on to the next. A late failure of one that does not serve changes nothing.
    mutating func failed(_ endpoint: EtcdEndpoint) {
        guard first == endpoint else { return }
        first = endpoint.next(in: preference)
    }

    /// The endpoint has been found in good health.
    mutating func recovered(_ endpoint: EtcdEndpoint) {
        if preference[0] == endpoint { first = endpoint }
    }

    /// Takes over new members; the one that serves goes on when it stays.
    /// - Precondition: at least one.
    mutating func replace(_ new: [EtcdEndpoint]) {
        precondition(!new.isEmpty, "an etcd client without endpoints")
        preference = new
        if !new.contains(first) { first = new[0] }
    }

    private static func ring(_ endpoints: [EtcdEndpoint], from first: EtcdEndpoint) -> [EtcdEndpoint] {
        let start = endpoints.firstIndex(of: first) ?? 0
        return Array(endpoints[start...] + endpoints[..<start])
    }
}

extension EtcdEndpoint {
    /// The one behind this in a ring; the first when this is none of them.
    func next(in ring: [EtcdEndpoint]) -> EtcdEndpoint {
        guard let index = ring.firstIndex(of: self) else { return ring[0] }
        return ring[(index + 1) % ring.count]
    }
}
