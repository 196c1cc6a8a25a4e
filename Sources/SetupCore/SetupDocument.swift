import AccessCore
import APIProtocol
import MembershipCore
import Primitives
import Texts

/// A node that may join as soon as there is a cluster.
public struct ApprovedJoin: Codable, Equatable, Sendable {
    public var id: NodeID
    public var request: JoinRequest
    public var code: String
    public var since: Timestamp
    /// False: rack mode let it in.
    public var wasCompared: Bool

    public init(id: NodeID, request: JoinRequest, code: String, since: Timestamp, wasCompared: Bool) {
        self.id = id
        self.request = request
        self.code = code
        self.since = since
        self.wasCompared = wasCompared
    }
}

/// The wizard's draft as the node keeps it. Every change is checked whole before any of it is taken.
public struct SetupDocument: Codable, Equatable, Sendable {
    public private(set) var revision = 0
    public private(set) var language: Language?
    /// With the password's hash; the password itself is nowhere.
    public private(set) var administrator: Person?
    public private(set) var license: SetupLicense?
    public private(set) var cluster: DraftCluster?
    public private(set) var network: DraftNetwork?
    public private(set) var nodesConfirmed = false
    public private(set) var rack: RackMode?
    public private(set) var approved: [ApprovedJoin] = []

    public init() {}

    /// Whether anybody has begun to set this node up as the first of a cluster.
    public var isBegun: Bool { revision > 0 }

    /// - Parameters:
    ///   - change: validated by itself.
    ///   - person: made of the change's administrator; nil when no password is given.
    /// - Throws: `draftChanged` when it was made from another revision, `missingField` for a password that was never
    ///   given.
    public mutating func apply(_ change: SetupDraftChange, person: Person? = nil) throws(APIError) {
        precondition((change.administrator?.password == nil) == (person == nil), "a password is hashed before")
        guard change.revision == revision else {
            throw APIError(
                .draftChanged, field: "revision", ["revision": "\(revision)", "offered": "\(change.revision)"])
        }
        if let wanted = change.administrator {
            let kept = administrator?.name == wanted.name ? administrator : nil
            guard let next = person ?? kept else {
                throw APIError(.missingField, field: "administrator.password")
            }
            administrator = next
        }
        language = change.language ?? language
        license = change.license ?? license
        cluster = change.cluster ?? cluster
        network = change.network ?? network
        nodesConfirmed = change.nodesConfirmed ?? nodesConfirmed
        revision += 1
    }

    /// Whoever starts has gone on from the nodes.
    public mutating func started() { nodesConfirmed = true }

    public mutating func approve(_ node: ApprovedJoin) {
        approved.removeAll { $0.id == node.id }
        approved.append(node)
    }

    /// - Returns: false when the node was not approved.
    public mutating func withdraw(_ id: NodeID) -> Bool {
        let count = approved.count
        approved.removeAll { $0.id == id }
        return approved.count < count
    }

    public mutating func setRack(_ mode: RackMode) { rack = mode.nodes > 0 ? mode : nil }

    /// Rack mode takes a node in.
    public mutating func admit(_ node: ApprovedJoin) {
        approve(node)
        if let mode = rack { setRack(mode.spent()) }
    }
}

extension SetupDocument {
    /// The first step that is not done, 1 to 7.
    public var step: Int {
        if language == nil { return 1 }
        if administrator == nil { return 2 }
        if license == nil { return 3 }
        if cluster == nil { return 4 }
        if network == nil { return 5 }
        return nodesConfirmed ? 7 : 6
    }

    /// What is shown of it.
    public func draft(at now: Timestamp) -> SetupDraft {
        SetupDraft(
            revision: revision, step: step, language: language,
            administrator: administrator.map { DraftAdministrator(name: $0.name, passwordSet: true) },
            license: license, name: cluster?.name, dns: cluster?.dns ?? [], ntp: cluster?.ntp ?? [],
            timeZone: cluster?.timeZone, vip: network?.vip ?? [], gateway: network?.gateway,
            profile: network?.profile, nodesConfirmed: nodesConfirmed,
            rack: rack.flatMap { $0.isOpen(at: now) ? $0 : nil },
            approved: approved.map {
                ApprovedNode(id: $0.id, name: $0.request.name, code: $0.wasCompared ? $0.code : nil)
            })
    }

    /// What a new cluster needs, the administrator left out: of that one only the hash is known.
    /// - Throws: `missingField` with the first field of the draft that is missing.
    public func foundCluster() throws(APIError) -> FoundCluster {
        func need<Value>(_ value: Value?, _ field: String) throws(APIError) -> Value {
            guard let value else { throw APIError(.missingField, field: field) }
            return value
        }
        let language = try need(language, "language")
        _ = try need(administrator, "administrator")
        let license = try need(license, "license")
        let cluster = try need(cluster, "cluster.name")
        let network = try need(network, "network.vip")
        return FoundCluster(
            name: cluster.name, vip: network.vip, gateway: network.gateway, profile: network.profile,
            license: license.text, dns: cluster.dns, ntp: cluster.ntp, timeZone: cluster.timeZone, language: language)
    }
}

extension RackMode {
    /// - Parameter change: validated.
    public init(_ change: RackModeChange, at now: Timestamp) {
        guard change.nodes > 0 else {
            self = .closed
            return
        }
        let until = now.milliseconds + Int64(change.minutes ?? 30) * 60_000
        self.init(nodes: change.nodes, until: Timestamp(milliseconds: until))
    }

    public func isOpen(at now: Timestamp) -> Bool { nodes > 0 && until.map { now < $0 } ?? false }

    /// One node less.
    public func spent() -> RackMode { nodes > 1 ? RackMode(nodes: nodes - 1, until: until) : .closed }
}
