import Primitives

extension VIPRequest: CustomStringConvertible {
    /// The line without its end, ready to be sent.
    public var description: String {
        switch self {
        case .hold(let epoch, let deadline, let addresses):
            "hold \(epoch) \(deadline.nanoseconds) \(Self.list(addresses))"
        case .drop(let epoch): "drop \(epoch)"
        case .guarded(let addresses): "guard \(Self.list(addresses))"
        case .probe(let address): "probe \(address)"
        case .ping: "ping"
        }
    }

    /// Reads a line; one line end at its end is allowed.
    ///
    /// - Throws: `VIPProtocolError`.
    public init(parsing line: String) throws(VIPProtocolError) {
        var words = try Words(line)
        switch words.verb {
        case "hold":
            let epoch = try words.epoch()
            let deadline = try words.instant("deadline")
            self = .hold(epoch: epoch, deadline: deadline, addresses: try words.addresses())
        case "drop": self = .drop(epoch: try words.epoch())
        case "guard": self = .guarded(addresses: try words.addresses())
        case "probe": self = .probe(try words.address())
        case "ping": self = .ping
        default: throw VIPProtocolError("'\(words.verb)' is not a request (hold, drop, guard, probe, ping)")
        }
        try words.end()
    }

    private static func list(_ addresses: [Subnet]) -> String {
        addresses.map(\.description).joined(separator: ",")
    }
}

extension VIPReply: CustomStringConvertible {
    /// The line without its end, ready to be sent.
    public var description: String {
        switch self {
        case .held(let epoch, let since): "held \(epoch) \(since.nanoseconds)"
        case .dropped(let epoch): "dropped \(epoch)"
        case .refused(let sentence): "refused \(sentence)"
        case .conflict(let address, let other): "conflict \(address) \(other)"
        case .probed(let address, nil): "probed \(address) free"
        case .probed(let address, let other?): "probed \(address) used \(other)"
        case .link(let interface, let isUp): "link \(interface) \(isUp ? "up" : "down")"
        case .pong: "pong"
        }
    }

    /// Reads a line; one line end at its end is allowed.
    ///
    /// - Throws: `VIPProtocolError`.
    public init(parsing line: String) throws(VIPProtocolError) {
        var words = try Words(line)
        switch words.verb {
        case "held":
            let epoch = try words.epoch()
            self = .held(epoch: epoch, since: try words.instant("moment"))
        case "dropped": self = .dropped(epoch: try words.epoch())
        case "refused":
            self = .refused(words.rest())
        case "conflict":
            let address = try words.address()
            self = .conflict(address, try words.hardwareAddress())
        case "probed":
            let address = try words.address()
            switch try words.next("result") {
            case "free": self = .probed(address, nil)
            case "used": self = .probed(address, try words.hardwareAddress())
            case let other: throw VIPProtocolError("'\(other)' is not the result of a probe (free, used)")
            }
        case "link":
            let interface = try words.next("interface")
            switch try words.next("state") {
            case "up": self = .link(interface: interface, isUp: true)
            case "down": self = .link(interface: interface, isUp: false)
            case let other: throw VIPProtocolError("'\(other)' is not the state of a link (up, down)")
            }
        case "pong": self = .pong
        default: throw VIPProtocolError("'\(words.verb)' is not a message of the VIP manager")
        }
        try words.end()
    }
}
