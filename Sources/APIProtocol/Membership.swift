import MembershipCore
import Primitives

/// A node that asked to join and waits for approval.
public struct PendingNode: Codable, Equatable, Sendable {
    public var id: NodeID
    public var name: String
    public var address: IPAddress
    public var role: LocalMembership.Role
    /// Six digits; the same must be shown on the node itself.
    public var code: String
    public var since: Timestamp
    /// Its clock minus this cluster's, when that is too much for it to join.
    public var clockOffsetMilliseconds: Double?

    public init(
        id: NodeID, name: String, address: IPAddress, role: LocalMembership.Role, code: String, since: Timestamp,
        clockOffsetMilliseconds: Double? = nil
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.role = role
        self.code = code
        self.since = since
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }
}

/// Approves a waiting node.
public struct Approval: Codable, Equatable, Sendable {
    /// The six digits shown on the node: what proves that it is the one meant.
    public var code: String

    public init(code: String) {
        self.code = code
    }
}

/// Replaces a dead node.
public struct Replacement: Codable, Equatable, Sendable {
    /// A waiting node or a spare.
    public var by: NodeID

    public init(by: NodeID) {
        self.by = by
    }
}

/// Asks for a join token.
public struct JoinTokenRequest: Codable, Equatable, Sendable {
    /// 60 to 86 400; nil means 86 400.
    public var ttlSeconds: Int?
    /// 1 to 500; nil means 1.
    public var uses: Int?
    /// nil means voter.
    public var role: LocalMembership.Role?

    public init(ttlSeconds: Int? = nil, uses: Int? = nil, role: LocalMembership.Role? = nil) {
        self.ttlSeconds = ttlSeconds
        self.uses = uses
        self.role = role
    }
}

/// A new join token with its secret, which is shown this once.
public struct CreatedJoinToken: Codable, Equatable, Sendable {
    public var token: String
    public var info: JoinTokenInfo

    public init(token: String, info: JoinTokenInfo) {
        self.token = token
        self.info = info
    }
}

/// A join token without its secret.
public struct JoinTokenInfo: Codable, Equatable, Sendable {
    public var id: String
    public var role: LocalMembership.Role
    public var expires: Timestamp
    public var usesLeft: Int
    public var revoked: Bool

    public init(id: String, role: LocalMembership.Role, expires: Timestamp, usesLeft: Int, revoked: Bool) {
        self.id = id
        self.role = role
        self.expires = expires
        self.usesLeft = usesLeft
        self.revoked = revoked
    }
}

/// A node's wish to join, sent to a member over TLS whose authority the node pins.
public struct JoinRequest: Codable, Equatable, Sendable {
    /// PKCS #10 in PEM, signed by the node's key.
    public var csr: String
    public var name: String
    public var address: IPAddress
    /// nil: wait for approval.
    public var token: String?
    public var role: LocalMembership.Role
    /// The node's wall clock: one that is too far off is told so before it gets a certificate.
    public var sentAt: Timestamp?

    public init(
        csr: String, name: String, address: IPAddress, token: String? = nil, role: LocalMembership.Role,
        sentAt: Timestamp? = nil
    ) {
        self.csr = csr
        self.name = name
        self.address = address
        self.token = token
        self.role = role
        self.sentAt = sentAt
    }
}

/// The answer to a join request. The node asks again with the same request while it is pending.
public struct JoinAnswer: Codable, Equatable, Sendable {
    public var pending: JoinPending?
    public var accepted: JoinAccepted?

    public init(pending: JoinPending? = nil, accepted: JoinAccepted? = nil) {
        self.pending = pending
        self.accepted = accepted
    }
}

/// Approval is awaited.
public struct JoinPending: Codable, Equatable, Sendable {
    /// Six digits to compare.
    public var code: String

    public init(code: String) {
        self.code = code
    }
}

/// All that a new member needs.
public struct JoinAccepted: Codable, Equatable, Sendable {
    /// The node's certificate, PEM.
    public var certificate: String
    /// The cluster's CA certificate, PEM.
    public var authority: String
    public var membership: LocalMembership

    public init(certificate: String, authority: String, membership: LocalMembership) {
        self.certificate = certificate
        self.authority = authority
        self.membership = membership
    }
}

/// A member's wish for a fresh certificate of its own key.
public struct CertificateRequest: Codable, Equatable, Sendable {
    /// PKCS #10 in PEM.
    public var csr: String

    public init(csr: String) {
        self.csr = csr
    }
}

/// A fresh node certificate.
public struct CertificateAnswer: Codable, Equatable, Sendable {
    /// PEM.
    public var certificate: String
    /// The cluster's CA certificate, PEM.
    public var authority: String

    public init(certificate: String, authority: String) {
        self.certificate = certificate
        self.authority = authority
    }
}

/// The cluster's CA certificate.
public struct AuthorityAnswer: Codable, Equatable, Sendable {
    /// PEM.
    public var authority: String

    public init(authority: String) { self.authority = authority }
}
