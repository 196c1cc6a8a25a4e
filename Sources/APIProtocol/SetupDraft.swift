import MembershipCore
import Primitives
import Texts

/// The code that a fresh node shows on its own console: whoever types it into the browser may set the node up.
public struct SetupCodeAnswer: Codable, Equatable, Sendable {
    /// `XXXX-XXXX`.
    public var code: String
    /// Where the wizard answers.
    public var url: String
    /// SHA-256 of the certificate that the browser is shown, as `AB:CD:…`.
    public var fingerprint: String

    public init(code: String, url: String, fingerprint: String) {
        self.code = code
        self.url = url
        self.fingerprint = fingerprint
    }
}

/// Opens a session of the wizard.
public struct SetupSessionRequest: Codable, Equatable, Sendable {
    /// Upper or lower case, with or without the hyphen.
    public var code: String

    public init(code: String) { self.code = code }
}

/// A session of the wizard: an administrator's token of this node.
public struct SetupSession: Codable, Equatable, Sendable {
    /// Of the form of a user token.
    public var token: String
    public var expires: Timestamp

    public init(token: String, expires: Timestamp) {
        self.token = token
        self.expires = expires
    }
}

/// What the wizard has collected so far. Passwords are not shown.
public struct SetupDraft: Codable, Equatable, Sendable {
    /// Grows with each saved change; a change must name the one that it was made from.
    public var revision: Int
    /// 1 to 7, the first that is not done: language, administrator, license, name and time, network, nodes, start.
    public var step: Int
    public var language: Language?
    public var administrator: DraftAdministrator?
    public var license: SetupLicense?
    /// The cluster's name.
    public var name: String?
    public var dns: [IPAddress]
    /// `host` or `host:port`.
    public var ntp: [String]
    /// As `Europe/Zurich`.
    public var timeZone: String?
    public var vip: [Subnet]
    public var gateway: IPAddress?
    public var profile: ProfileChoice?
    /// Whether somebody went on from the step of the nodes.
    public var nodesConfirmed: Bool
    /// nil: not open.
    public var rack: RackMode?
    /// The nodes that become members as soon as the cluster runs.
    public var approved: [ApprovedNode]

    public init(
        revision: Int, step: Int, language: Language? = nil, administrator: DraftAdministrator? = nil,
        license: SetupLicense? = nil, name: String? = nil, dns: [IPAddress] = [], ntp: [String] = [],
        timeZone: String? = nil, vip: [Subnet] = [], gateway: IPAddress? = nil, profile: ProfileChoice? = nil,
        nodesConfirmed: Bool = false, rack: RackMode? = nil, approved: [ApprovedNode] = []
    ) {
        self.revision = revision
        self.step = step
        self.language = language
        self.administrator = administrator
        self.license = license
        self.name = name
        self.dns = dns
        self.ntp = ntp
        self.timeZone = timeZone
        self.vip = vip
        self.gateway = gateway
        self.profile = profile
        self.nodesConfirmed = nodesConfirmed
        self.rack = rack
        self.approved = approved
    }
}

/// The first administrator, without the password.
public struct DraftAdministrator: Codable, Equatable, Sendable {
    public var name: String
    public var passwordSet: Bool

    public init(name: String, passwordSet: Bool) {
        self.name = name
        self.passwordSet = passwordSet
    }
}

/// The license that the cluster starts with; exactly one of the two.
public struct SetupLicense: Codable, Equatable, Sendable {
    /// The license file's text.
    public var text: String?
    /// true: the trial.
    public var trial: Bool?

    public init(text: String? = nil, trial: Bool? = nil) {
        self.text = text
        self.trial = trial
    }
}

/// A node that was approved before there is a cluster.
public struct ApprovedNode: Codable, Equatable, Sendable {
    public var id: NodeID
    public var name: String
    /// The six digits that were compared; nil when rack mode let it in.
    public var code: String?

    public init(id: NodeID, name: String, code: String?) {
        self.id = id
        self.name = name
        self.code = code
    }
}

/// Saves a step. A group that is given replaces the whole group; what is not given stays as it is.
public struct SetupDraftChange: Codable, Equatable, Sendable {
    /// Of the draft that the change was made from.
    public var revision: Int
    public var language: Language?
    public var administrator: DraftAdministratorChange?
    public var license: SetupLicense?
    public var cluster: DraftCluster?
    public var network: DraftNetwork?
    public var nodesConfirmed: Bool?

    public init(
        revision: Int, language: Language? = nil, administrator: DraftAdministratorChange? = nil,
        license: SetupLicense? = nil, cluster: DraftCluster? = nil, network: DraftNetwork? = nil,
        nodesConfirmed: Bool? = nil
    ) {
        self.revision = revision
        self.language = language
        self.administrator = administrator
        self.license = license
        self.cluster = cluster
        self.network = network
        self.nodesConfirmed = nodesConfirmed
    }
}

/// The first administrator.
public struct DraftAdministratorChange: Codable, Equatable, Sendable {
    public var name: String
    /// nil: the one that was given before stays.
    public var password: String?

    public init(name: String, password: String? = nil) {
        self.name = name
        self.password = password
    }
}

/// Name and time.
public struct DraftCluster: Codable, Equatable, Sendable {
    public var name: String
    /// At most three.
    public var dns: [IPAddress]?
    /// `host` or `host:port`, at most eight.
    public var ntp: [String]?
    public var timeZone: String?

    public init(name: String, dns: [IPAddress]? = nil, ntp: [String]? = nil, timeZone: String? = nil) {
        self.name = name
        self.dns = dns
        self.ntp = ntp
        self.timeZone = timeZone
    }
}

/// The virtual addresses and what belongs to them.
public struct DraftNetwork: Codable, Equatable, Sendable {
    /// One or two.
    public var vip: [Subnet]
    public var gateway: IPAddress?
    /// nil means `auto`.
    public var profile: ProfileChoice?

    public init(vip: [Subnet], gateway: IPAddress? = nil, profile: ProfileChoice? = nil) {
        self.vip = vip
        self.gateway = gateway
        self.profile = profile
    }
}

/// Starts the cluster of the draft. Says nothing else.
public struct SetupStart: Codable, Equatable, Sendable {
    private enum CodingKeys: CodingKey {}

    public init() {}

    /// An empty object; what is in it is refused by the decoder.
    public init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: CodingKeys.self)
    }

    public func encode(to encoder: any Encoder) throws {
        _ = encoder.container(keyedBy: CodingKeys.self)
    }
}

/// So many further nodes are accepted without comparing their codes.
public struct RackMode: Codable, Equatable, Sendable {
    /// How many more; 0: closed.
    public var nodes: Int
    /// nil: closed.
    public var until: Timestamp?

    public init(nodes: Int, until: Timestamp? = nil) {
        self.nodes = nodes
        self.until = until
    }

    public static let closed = RackMode(nodes: 0)
}

/// Opens rack mode, or closes it.
public struct RackModeChange: Codable, Equatable, Sendable {
    /// 0 to 64; 0 closes it.
    public var nodes: Int
    /// 1 to 240; nil means 30.
    public var minutes: Int?

    public init(nodes: Int, minutes: Int? = nil) {
        self.nodes = nodes
        self.minutes = minutes
    }
}
