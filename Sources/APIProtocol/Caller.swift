import Primitives
import StreamProtocol

/// Who makes a request, for the decisions and the records that it causes.
public indirect enum Caller: Equatable, Sendable {
    /// root on this machine, over the Unix socket.
    case local
    case user(UserIdentity)
    /// The console's daemon on this machine, for what it shows to every user.
    case console
    /// Another member, by its certificate.
    case node(NodeID)
    /// A user or a root, whose request another member passed on.
    case forwarded(by: NodeID, for: Caller)
    /// A protected machine, by its token.
    case machine(MachineID)
    /// Nobody said who it is.
    case anonymous

    /// The caller of the request that is being handled; the API service sets it around each call of `ClusterControl`.
    @TaskLocal public static var current: Caller = .local

    /// The address that the request came from, as the first member saw it; nil: this machine, or another member.
    @TaskLocal public static var client: String?
}

extension Caller {
    /// The user, wherever the request came in.
    public var identity: UserIdentity? {
        switch self {
        case .user(let user): user
        case .forwarded(_, let caller): caller.identity
        case .local, .console, .node, .machine, .anonymous: nil
        }
    }

    /// root on this machine or on another member: trusted in everything.
    public var isRoot: Bool {
        switch self {
        case .local: true
        case .forwarded(_, let caller): caller.isRoot
        case .user, .console, .node, .machine, .anonymous: false
        }
    }
}

extension Caller: CustomStringConvertible {
    public var description: String {
        switch self {
        case .local: "root on this machine"
        case .user(let user): user.name
        case .console: "the console"
        case .node(let node): "node \(node)"
        case .machine(let machine): "machine \(machine)"
        case .forwarded(_, let caller): caller.description
        case .anonymous: "an anonymous client"
        }
    }
}

/// A caller and its address as one member tells another, in the header of a request that is passed on.
public struct CallerNote: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case local, user, anonymous
    }

    public var kind: Kind
    public var user: UserIdentity?
    public var client: String?

    /// - Returns: nil for what is never passed on.
    public init?(_ caller: Caller, client: String?) {
        switch caller {
        case .local: (kind, user) = (.local, nil)
        case .user(let identity): (kind, user) = (.user, identity)
        case .anonymous: (kind, user) = (.anonymous, nil)
        case .console, .node, .machine, .forwarded: return nil
        }
        self.client = client
    }

    /// - Returns: nil when a user is announced and not named.
    public var caller: Caller? {
        switch kind {
        case .local: .local
        case .user: user.map { .user($0) }
        case .anonymous: .anonymous
        }
    }
}
