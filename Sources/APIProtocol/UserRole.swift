/// What a user is. The roles are no ladder: a security officer sees what everybody sees and manages users, but moves no
/// cluster; an administrator runs the cluster, but not who may.
public enum UserRole: String, Codable, Sendable, CaseIterable {
    /// Reads.
    case viewer
    /// Switches the master, approves nodes.
    case `operator`
    /// Changes members, configuration and tokens.
    case administrator
    /// Manages users and sessions, sets the rules of security, reads the audit trail.
    case securityOfficer
}

/// What an endpoint needs.
public enum AccessLevel: String, Codable, Sendable, CaseIterable {
    case viewer
    case `operator`
    case administrator
    case security
}

extension AccessLevel {
    /// The least role that has it.
    public var role: UserRole {
        switch self {
        case .viewer: .viewer
        case .operator: .operator
        case .administrator: .administrator
        case .security: .securityOfficer
        }
    }
}

extension UserRole {
    public func may(_ needed: AccessLevel) -> Bool {
        switch needed {
        case .viewer: true
        case .operator: self == .operator || self == .administrator
        case .administrator: self == .administrator
        case .security: self == .securityOfficer
        }
    }

    /// Whether an API token of the other role may be made, and stay good, in its name.
    public func mayGive(_ other: UserRole) -> Bool {
        self == other || other == .viewer || (self == .administrator && other == .operator)
    }

    /// Whether it may say yes to what another user has asked for and what four eyes must see.
    public var mayApprove: Bool { self == .administrator || self == .securityOfficer }
}

/// Endpoints that belong together: what an API token can be limited to. It is the first part of the path behind `/v1`.
public struct EndpointGroup: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let session = EndpointGroup(rawValue: "session")
    public static let users = EndpointGroup(rawValue: "users")
    public static let sessions = EndpointGroup(rawValue: "sessions")

    /// Every group that there is, sorted.
    public static let all: [EndpointGroup] = Set(Endpoint.all.map(\.group)).sorted { $0.rawValue < $1.rawValue }
}

extension EndpointGroup: Codable {
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Endpoint {
    public var group: EndpointGroup {
        let parts = path.split(separator: "/")
        return EndpointGroup(rawValue: String(parts.first == "v1" && parts.count > 1 ? parts[1] : parts[0]))
    }
}
