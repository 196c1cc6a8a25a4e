import MembershipCore

/// What a node's files say about it.
public struct NodeFacts: Equatable, Sendable {
    /// `cluster.json`; nil when there is none.
    public var membership: LocalMembership?
    /// Whether the node has a key pair already.
    public var hasIdentity: Bool
    /// Whether a guided recovery has begun and not yet ended.
    public var isRecovering: Bool

    public init(membership: LocalMembership?, hasIdentity: Bool, isRecovering: Bool) {
        self.membership = membership
        self.hasIdentity = hasIdentity
        self.isRecovering = isRecovering
    }

    public var stage: Stage {
        if isRecovering { return .recovering }
        if membership != nil { return .member }
        return hasIdentity ? .inSetup : .installed
    }
}

/// Where a node stands in its life; decides which processes run.
public enum Stage: String, CaseIterable, Sendable {
    /// Nothing has been set up.
    case installed
    /// Has an identity, and is not yet a member.
    case inSetup = "in setup"
    /// Belongs to a cluster.
    case member
    /// An operator brings it back after a lost majority; nothing but the recovery touches the cluster's data.
    case recovering
}
