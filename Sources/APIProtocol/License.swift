/// What kind of right a license gives.
public enum LicenseKind: String, Codable, Sendable, CaseIterable {
    case trial, subscription, perpetual
}

/// How much may be added; nil: any number.
public struct LicenseLimits: Codable, Equatable, Sendable {
    public var nodes: Int?
    /// Protected hosts.
    public var hosts: Int?
    /// Protected data, in TiB.
    public var tebibytes: Int?

    public init(nodes: Int? = nil, hosts: Int? = nil, tebibytes: Int? = nil) {
        self.nodes = nodes
        self.hosts = hosts
        self.tebibytes = tebibytes
    }
}

/// What a license says, for people: the machines that it is for are counted only.
public struct LicenseInfo: Codable, Equatable, Sendable {
    /// The vendor's number of the license.
    public var id: String
    public var customer: String
    public var kind: LicenseKind
    public var issued: Timestamp
    public var validFrom: Timestamp
    /// nil for a perpetual license.
    public var expires: Timestamp?
    /// Days after `expires` in which everything goes on as before.
    public var graceDays: Int
    public var limits: LicenseLimits
    public var features: [String]
    /// Machines that it is bound to; 0: any.
    public var boundNodes: Int

    public init(
        id: String, customer: String, kind: LicenseKind, issued: Timestamp, validFrom: Timestamp, expires: Timestamp?,
        graceDays: Int, limits: LicenseLimits, features: [String], boundNodes: Int
    ) {
        self.id = id
        self.customer = customer
        self.kind = kind
        self.issued = issued
        self.validFrom = validFrom
        self.expires = expires
        self.graceDays = graceDays
        self.limits = limits
        self.features = features
        self.boundNodes = boundNodes
    }
}

/// Where a license stands in its life, or a cluster without one.
public enum LicensePhase: String, Codable, Sendable, CaseIterable {
    /// No license, and the trial is over; `until` is when it ended.
    case none
    /// No license yet; `until` is when the trial ends.
    case trial
    /// `until` is when it begins.
    case notYetValid
    /// `until` is when it expires; nil: never.
    case valid
    /// Expired; `until` is when additions stop.
    case grace
    /// `until` is when it expired.
    case expired
    /// There is a license, and nobody has judged it yet: the validator has not answered since this daemon began.
    case unknown
}

/// Something about the license that a person should know. The sentence in other languages is `license.warning.CODE` of
/// the catalogue, filled with the parameters.
public struct LicenseWarning: Codable, Equatable, Sendable {
    public enum Code: String, Codable, Sendable, CaseIterable {
        case otherHardware, tooManyNodes, tooManyHosts, tooMuchData, clockSetBack
        /// The stored license is not accepted by this program; it counts as none.
        case refused
    }

    public var code: Code
    public var parameters: [String: String]
    /// One English sentence.
    public var message: String

    public init(code: Code, parameters: [String: String], message: String) {
        self.code = code
        self.parameters = parameters
        self.message = message
    }
}

/// What the cluster has of what a license limits.
public struct LicenseUsage: Codable, Equatable, Sendable {
    public var nodes: Int
    /// Protected hosts.
    public var hosts: Int
    /// Protected data in TiB, rounded up.
    public var tebibytes: Int

    public init(nodes: Int, hosts: Int, tebibytes: Int) {
        self.nodes = nodes
        self.hosts = hosts
        self.tebibytes = tebibytes
    }
}

/// The cluster's license and what it means now.
public struct LicenseStatus: Codable, Equatable, Sendable {
    public var installed: Bool
    /// nil without a license, and while the phase is unknown.
    public var license: LicenseInfo?
    /// The vendor's key that signed it.
    public var keyID: String?
    public var phase: LicensePhase
    /// What it means depends on the phase.
    public var until: Timestamp?
    public var warnings: [LicenseWarning]
    /// Whether nodes and hosts may be added. Nothing else ever depends on a license.
    public var allowsAdditions: Bool
    public var usage: LicenseUsage
    /// False: this is the last that the node's validator said.
    public var validatorAnswers: Bool

    public init(
        installed: Bool, license: LicenseInfo? = nil, keyID: String? = nil, phase: LicensePhase,
        until: Timestamp? = nil, warnings: [LicenseWarning] = [], allowsAdditions: Bool, usage: LicenseUsage,
        validatorAnswers: Bool
    ) {
        self.installed = installed
        self.license = license
        self.keyID = keyID
        self.phase = phase
        self.until = until
        self.warnings = warnings
        self.allowsAdditions = allowsAdditions
        self.usage = usage
        self.validatorAnswers = validatorAnswers
    }
}

/// A license as it was sent: armour and all.
public struct LicenseText: Codable, Equatable, Sendable {
    /// Bytes of the longest text that is a license.
    public static let longest = 65_536

    public var text: String

    public init(text: String) { self.text = text }
}

extension LicenseText: Validatable {
    public func validate() throws(APIError) {
        guard text.utf8.count <= Self.longest else {
            throw .license("license.tooLarge", ["limit": "\(Self.longest / 1_024)"])
        }
    }
}

/// What a license would mean here.
public struct LicenseInspection: Codable, Equatable, Sendable {
    public var license: LicenseInfo
    /// The vendor's key that signed it.
    public var keyID: String
    public var phase: LicensePhase
    /// What it means depends on the phase.
    public var until: Timestamp?
    public var warnings: [LicenseWarning]
    public var allowsAdditions: Bool
    /// Why it would not be installed here and now; nil: it would.
    public var refusal: APIError?

    public init(
        license: LicenseInfo, keyID: String, phase: LicensePhase, until: Timestamp?, warnings: [LicenseWarning],
        allowsAdditions: Bool, refusal: APIError?
    ) {
        self.license = license
        self.keyID = keyID
        self.phase = phase
        self.until = until
        self.warnings = warnings
        self.allowsAdditions = allowsAdditions
        self.refusal = refusal
    }
}
