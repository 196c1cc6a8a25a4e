import MembershipCore
import Primitives
import Texts

/// Found a cluster or join one; exactly one of the two.
public struct SetupRequest: Codable, Equatable, Sendable {
    public var cluster: FoundCluster?
    public var join: JoinCluster?
    /// With `cluster`: rack mode from the start on.
    public var rack: RackModeChange?

    public init(cluster: FoundCluster? = nil, join: JoinCluster? = nil, rack: RackModeChange? = nil) {
        self.cluster = cluster
        self.join = join
        self.rack = rack
    }
}

/// What a new cluster needs.
public struct FoundCluster: Codable, Equatable, Sendable {
    public var name: String
    /// One or two addresses, IPv4 or IPv6, with their prefix lengths.
    public var vip: [Subnet]
    /// Must answer ARP or neighbour solicitation.
    public var gateway: IPAddress?
    /// nil means `auto`.
    public var profile: ProfileChoice?
    /// The text of a license; nil: the trial begins.
    public var license: String?
    /// The first administrator; nil: users are made on the node later.
    public var administrator: FirstUser?
    /// At most three.
    public var dns: [IPAddress]?
    /// `host` or `host:port`, at most eight.
    public var ntp: [String]?
    /// As `Europe/Zurich`.
    public var timeZone: String?
    /// Of the pages, until a user chooses another.
    public var language: Language?

    public init(
        name: String, vip: [Subnet], gateway: IPAddress? = nil, profile: ProfileChoice? = nil, license: String? = nil,
        administrator: FirstUser? = nil, dns: [IPAddress]? = nil, ntp: [String]? = nil, timeZone: String? = nil,
        language: Language? = nil
    ) {
        self.name = name
        self.vip = vip
        self.gateway = gateway
        self.profile = profile
        self.license = license
        self.administrator = administrator
        self.dns = dns
        self.ntp = ntp
        self.timeZone = timeZone
        self.language = language
    }
}

/// What joining needs.
public struct JoinCluster: Codable, Equatable, Sendable {
    /// Any member's address.
    public var master: IPAddress
    /// The user API's port there; nil means this node's own setting.
    public var port: Int?
    /// nil: wait for approval with the 6-digit code.
    public var token: String?
    /// nil means voter.
    public var role: LocalMembership.Role?

    public init(master: IPAddress, port: Int? = nil, token: String? = nil, role: LocalMembership.Role? = nil) {
        self.master = master
        self.port = port
        self.token = token
        self.role = role
    }
}

/// How far setup has come.
public struct SetupStatus: Codable, Equatable, Sendable {
    public var stage: Stage
    /// True when the node is a working member.
    public var finished: Bool
    /// In the order in which they run.
    public var phases: [SetupPhase]
    /// Six digits to compare with those that the master shows, while approval is awaited.
    public var code: String?
    /// Where the cluster's virtual address answers, once finished.
    public var url: String?
    /// Why setup ended without success.
    public var failure: APIError?
    /// What holds it up at the moment, as a clock that is off; it goes on by itself once that is gone.
    public var hint: APIError?

    public init(
        stage: Stage, finished: Bool, phases: [SetupPhase], code: String? = nil, url: String? = nil,
        failure: APIError? = nil, hint: APIError? = nil
    ) {
        self.stage = stage
        self.finished = finished
        self.phases = phases
        self.code = code
        self.url = url
        self.failure = failure
        self.hint = hint
    }
}

/// How a phase of setup is doing.
public enum PhaseState: String, Codable, Sendable, CaseIterable {
    case waiting
    case running
    case done
    case failed
}

/// One step of setup.
public struct SetupPhase: Codable, Equatable, Sendable {
    /// A word for programs, as `identity`; sentences for people are in the catalogue under `phase.NAME`.
    public var name: String
    public var state: PhaseState
    /// How long it took, or has taken so far.
    public var milliseconds: Double?

    public init(name: String, state: PhaseState, milliseconds: Double? = nil) {
        self.name = name
        self.state = state
        self.milliseconds = milliseconds
    }
}
