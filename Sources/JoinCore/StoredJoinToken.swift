import MembershipCore

/// What the cluster keeps of a join token: enough to check one that is presented, not enough to make one.
public struct StoredJoinToken: Codable, Equatable, Sendable {
    /// 8 hexadecimal digits.
    public let id: String
    /// SHA-256, 64 hexadecimal digits.
    public let secretHash: String
    /// What a node that joins with this token becomes.
    public let role: LocalMembership.Role
    public let expires: WallTime
    public private(set) var usesLeft: Int
    public private(set) var isRevoked: Bool

    /// The longest life of a token, in seconds: a day.
    public static let longestLife: Int64 = 86_400

    /// - Parameters:
    ///   - seconds: 60 to 86 400.
    ///   - uses: 1 or more.
    /// - Throws: `JoinTokenLimit` when one of them is outside of its bounds.
    public init(
        _ token: JoinToken, role: LocalMembership.Role, at now: WallTime, seconds: Int64, uses: Int
    ) throws(JoinTokenLimit) {
        guard (60...Self.longestLife).contains(seconds) else { throw .life(seconds: seconds) }
        guard uses >= 1 else { throw .uses(uses) }
        id = token.id
        secretHash = token.secretHash
        self.role = role
        expires = now.adding(seconds: seconds)
        usesLeft = uses
        isRevoked = false
    }

    /// The master's check of a token that a node presents. Changes nothing: store `spent()` in the transaction that
    /// admits the node.
    /// - Parameter stored: what is kept under the presented token's id, nil when there is nothing.
    /// - Throws: `JoinRefusal`. A wrong secret is reported as an unknown token.
    public static func check(
        _ presented: JoinToken, against stored: StoredJoinToken?, clusterCA: CAFingerprint, at now: WallTime
    ) throws(JoinRefusal) -> StoredJoinToken {
        guard presented.ca == clusterCA else { throw .otherCluster(token: presented.ca, cluster: clusterCA) }
        guard let stored, stored.id == presented.id, stored.matches(presented) else { throw .unknown(id: presented.id) }
        guard !stored.isRevoked else { throw .revoked(id: stored.id) }
        guard now < stored.expires else { throw .expired(id: stored.id, at: stored.expires) }
        guard stored.usesLeft > 0 else { throw .usedUp(id: stored.id) }
        return stored
    }

    /// The token after one more node has joined with it.
    /// - Precondition: a use is left.
    public func spent() -> StoredJoinToken {
        precondition(usesLeft > 0, "a join token without uses was spent")
        var next = self
        next.usesLeft -= 1
        return next
    }

    public func revoked() -> StoredJoinToken {
        var next = self
        next.isRevoked = true
        return next
    }

    /// Takes the same time for every wrong hash.
    private func matches(_ token: JoinToken) -> Bool {
        let (left, right) = (Array(secretHash.utf8), Array(token.secretHash.utf8))
        return left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Why a node may not join with the token that it has.
public enum JoinRefusal: Error, Equatable, CustomStringConvertible {
    case unknown(id: String)
    case expired(id: String, at: WallTime)
    case usedUp(id: String)
    case revoked(id: String)
    case otherCluster(token: CAFingerprint, cluster: CAFingerprint)

    public var description: String {
        switch self {
        case .unknown(let id): "join token \(id) is not known to this cluster, or its secret is wrong"
        case .expired(let id, let at): "join token \(id) expired at \(at); create a new one on the master"
        case .usedUp(let id): "join token \(id) has been used as often as it may be; create a new one on the master"
        case .revoked(let id): "join token \(id) was revoked; create a new one on the master"
        case .otherCluster(let token, let cluster):
            "the join token is for the cluster with CA \(token.short), but this cluster's CA is \(cluster.short)"
        }
    }
}

/// A token that may not be created.
public enum JoinTokenLimit: Error, Equatable, CustomStringConvertible {
    case life(seconds: Int64)
    case uses(Int)

    public var description: String {
        switch self {
        case .life(let seconds): "a join token lives 60 to \(StoredJoinToken.longestLife) seconds, not \(seconds)"
        case .uses(let count): "a join token has at least one use, not \(count)"
        }
    }
}
