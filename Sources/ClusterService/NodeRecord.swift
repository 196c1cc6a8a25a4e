import APIProtocol
import MembershipCore
import Primitives

/// An approved node, as the store keeps it.
struct NodeRecord: Codable, Equatable, Sendable {
    var id: NodeID
    var name: String
    var address: IPAddress
    /// What it asked for: a voter that is not needed as one is a spare.
    var wish: LocalMembership.Role
    /// What the master made it; the node follows by itself.
    var assigned: LocalMembership.Role
    /// Its rank among the spares: the first gets a free vote. A replacement takes over the rank.
    var joined: Timestamp

    /// It does not stand for master: somebody works on it. Left out: it does.
    var drained: Bool? = nil

    var isDrained: Bool { drained == true }
    var isWitness: Bool { wish == .witness }
    var peer: LocalMembership.Peer { .init(node: id, name: name, address: address) }
}

/// A node that waits for approval, as the store keeps it.
struct PendingRecord: Codable, Equatable, Sendable {
    var request: JoinRequest
    var code: String
    var since: Timestamp
    var isApproved: Bool
    /// When an administrator said no; the node may ask again later.
    var rejected: Timestamp? = nil
    /// Its clock minus the master's, when that is too much.
    var clockOffsetMilliseconds: Double? = nil
}

/// The profile that the master applies and why.
struct ActiveProfile: Codable, Equatable, Sendable {
    var active: ProfileChoice
    var reason: String?
}
