import Primitives

/// Who makes a request, for the events that it causes.
public enum Caller: Equatable, Sendable {
    /// root on this machine, over the Unix socket.
    case local
    case user(UserIdentity)
    /// Another member, by its certificate.
    case node(NodeID)
    /// A user or a root, whose request another member passed on.
    case forwarded(by: NodeID, for: String)
    /// Nobody said who it is.
    case anonymous

    /// The caller of the request that is being handled; the API service sets it around each call of `ClusterControl`.
    @TaskLocal public static var current: Caller = .local
}

extension Caller: CustomStringConvertible {
    public var description: String {
        switch self {
        case .local: "root on this machine"
        case .user(let user): user.name
        case .node(let node): "node \(node)"
        case .forwarded(_, let name): name
        case .anonymous: "an anonymous client"
        }
    }
}
