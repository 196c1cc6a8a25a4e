/// One route of the API. The server registers all of them, the OpenAPI description lists all of them (a test compares),
/// and the command line calls them by these names.
public struct Endpoint: Hashable, Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// Who may use it over the user listener. The Unix socket may use all but those of nodes.
    public enum Access: Hashable, Sendable {
        case open
        case user(AccessLevel)
        /// Members only, on the node listener.
        case node
        /// root on this machine only, over the Unix socket.
        case local
        /// A protected machine itself, with the token that it got when it was enrolled.
        case machine
    }

    public let method: Method
    /// With variable parts in braces, as `/v1/nodes/{id}`.
    public let path: String
    public let access: Access

    init(_ method: Method, _ path: String, _ access: Access) {
        self.method = method
        self.path = path
        self.access = access
    }

    /// The path with its variable parts filled in; the values must already be escaped where they need it.
    public func path(_ values: [String]) -> String {
        var rest = values[...]
        return path.split(separator: "/").map { part in
            part.hasPrefix("{") ? rest.popFirst() ?? String(part) : String(part)
        }.reduce("") { $0 + "/" + $1 }
    }

    /// Whether a request's path has this endpoint's form.
    public func matches(path other: Substring) -> Bool {
        let mine = path.split(separator: "/")
        let theirs = other.split(separator: "/")
        return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

extension Endpoint {
    public static let health = Endpoint(.get, "/v1/health", .open)
    public static let master = Endpoint(.get, "/v1/master", .open)
    public static let join = Endpoint(.post, "/v1/join", .open)
    public static let authority = Endpoint(.get, "/v1/authority", .open)
    public static let openAPI = Endpoint(.get, "/v1/openapi.json", .open)

    public static let status = Endpoint(.get, "/v1/status", .user(.viewer))
    public static let nodes = Endpoint(.get, "/v1/nodes", .user(.viewer))
    public static let pendingNodes = Endpoint(.get, "/v1/nodes/pending", .user(.viewer))
    public static let events = Endpoint(.get, "/v1/events", .user(.viewer))
    public static let failovers = Endpoint(.get, "/v1/failovers", .user(.viewer))
    public static let configuration = Endpoint(.get, "/v1/configuration", .user(.viewer))
    public static let setupStatus = Endpoint(.get, "/v1/setup", .user(.viewer))
    public static let metrics = Endpoint(.get, "/metrics", .user(.viewer))

    public static let switchMaster = Endpoint(.post, "/v1/master/switch", .user(.operator))
    public static let approve = Endpoint(.post, "/v1/nodes/pending/{id}/approve", .user(.operator))
    public static let reject = Endpoint(.post, "/v1/nodes/pending/{id}/reject", .user(.operator))

    public static let setup = Endpoint(.post, "/v1/setup", .user(.administrator))
    public static let removeNode = Endpoint(.delete, "/v1/nodes/{id}", .user(.administrator))
    public static let replaceNode = Endpoint(.post, "/v1/nodes/{id}/replace", .user(.administrator))
    public static let changeConfiguration = Endpoint(.put, "/v1/configuration", .user(.administrator))
    public static let createToken = Endpoint(.post, "/v1/tokens", .user(.administrator))
    public static let tokens = Endpoint(.get, "/v1/tokens", .user(.administrator))
    public static let revokeToken = Endpoint(.delete, "/v1/tokens/{id}", .user(.administrator))
    public static let createUserToken = Endpoint(.post, "/v1/user-tokens", .user(.administrator))
    public static let userTokens = Endpoint(.get, "/v1/user-tokens", .user(.administrator))
    public static let revokeUserToken = Endpoint(.delete, "/v1/user-tokens/{id}", .user(.administrator))

    public static let heartbeat = Endpoint(.post, "/v1/node/heartbeat", .node)
    public static let renewCertificate = Endpoint(.post, "/v1/node/certificate", .node)

    public static let all: [Endpoint] =
        [
            health, master, join, authority, openAPI, status, nodes, pendingNodes, events, failovers, configuration,
            setupStatus,
            metrics, switchMaster, approve, reject, setup, removeNode, replaceNode, changeConfiguration, createToken,
            tokens, revokeToken, createUserToken, userTokens, revokeUserToken, heartbeat, renewCertificate,
        ] + ofLicense + access + settingUp + ofNotifications + ofNodeCare + ofSupport + ofJobs + ofWebCertificate
        + ofMachines
}
