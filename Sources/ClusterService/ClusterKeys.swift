import Primitives

/// Where everything lies in the cluster's store. Values are JSON unless said otherwise.
enum ClusterKeys {
    /// `MasterRecordDocument`; swapped by whoever is or becomes master.
    static let master = "cluster/master"
    /// The gate of takeovers: while the store is full the master deletes it instead of renewing its record.
    static let gate = "cluster/gate"
    /// Written with each takeover, so that its modification revision is the epoch's revision: what guards compare.
    static let epoch = "cluster/epoch"
    /// `StoredAuthority`: the cluster's CA with its private key.
    static let authority = "cluster/authority"
    /// `WebIdentity`: certificate and key of the virtual address.
    static let web = "cluster/web"
    /// `WebIdentityRequest`: a key that waits for its certificate.
    static let webRequest = "cluster/web-request"
    /// `ClusterConfiguration`: what an administrator may change.
    static let settings = "cluster/config/settings"
    /// `ActiveProfile`: what the master found the machines to hold.
    static let profile = "cluster/config/profile"

    /// `RackMode`; there only while it is open.
    static let rack = "cluster/rack"

    /// `NodeRecord`.
    static let nodes = "cluster/nodes/"
    static func node(_ id: NodeID) -> String { nodes + id.text }
    /// `PendingRecord`.
    static let pending = "cluster/pending/"
    static func pending(_ id: NodeID) -> String { pending + id.text }
    /// `StoredJoinToken`.
    static let joinTokens = "cluster/tokens/"
    static func joinToken(_ id: String) -> String { joinTokens + id }
    /// `UserTokenRecord`.
    static let userTokens = "cluster/users/"
    static func userToken(_ id: String) -> String { userTokens + id }

    /// `Failover`; the key ends in the epoch, padded, so that order is the keys' order.
    static let failovers = "history/failover/"
    static func failover(_ epoch: Epoch) -> String {
        failovers + padded(Int64(clamping: epoch.generation)) + "." + padded(epoch.revision)
    }
    /// `ClusterEvent` without its sequence, which is the key's creation revision.
    static let events = "history/events/"
    static func event(node: NodeID, number: Int64) -> String { events + node.text + "/" + padded(number) }

    /// `StoredTargets`: where notifications go, with their secrets.
    static let notifications = "cluster/config/notifications"
    /// `NotificationCore.Kept`: how far the deliveries to a target have come.
    static let notified = "cluster/notified/"
    static func notified(_ target: String) -> String { notified + target }

    /// `StoredJob`: actions that take longer than their request.
    static let jobs = "cluster/jobs/"
    static func job(_ id: String) -> String { jobs + id }
    /// `AnswerRecord`: what was answered to idempotent requests.
    static let answers = "cluster/answers/"
    static func answer(_ name: String) -> String { answers + name }

    static func padded(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits
    }
}
