import Primitives
import Texts

/// What an administrator may change while the cluster runs.
public struct ClusterConfiguration: Codable, Equatable, Sendable {
    public var vip: [Subnet]
    public var gateway: IPAddress?
    public var profile: ProfileChoice
    /// Name servers, at most three.
    public var dns: [IPAddress]?
    /// Time servers, `host` or `host:port`, at most eight.
    public var ntp: [String]?
    /// As `Europe/Zurich`.
    public var timeZone: String?
    /// Of the pages, until a user chooses another.
    public var language: Language?

    public init(
        vip: [Subnet], gateway: IPAddress? = nil, profile: ProfileChoice, dns: [IPAddress]? = nil, ntp: [String]? = nil,
        timeZone: String? = nil, language: Language? = nil
    ) {
        self.vip = vip
        self.gateway = gateway
        self.profile = profile
        self.dns = dns
        self.ntp = ntp
        self.timeZone = timeZone
        self.language = language
    }
}

/// A change of the cluster's configuration; what is absent stays as it is.
public struct ConfigurationChange: Codable, Equatable, Sendable {
    public var vip: [Subnet]?
    public var gateway: IPAddress?
    public var profile: ProfileChoice?
    /// Name servers, at most three; an empty list removes them.
    public var dns: [IPAddress]?
    /// Time servers, `host` or `host:port`, at most eight; an empty list removes them.
    public var ntp: [String]?
    public var timeZone: String?
    public var language: Language?

    public init(
        vip: [Subnet]? = nil, gateway: IPAddress? = nil, profile: ProfileChoice? = nil, dns: [IPAddress]? = nil,
        ntp: [String]? = nil, timeZone: String? = nil, language: Language? = nil
    ) {
        self.vip = vip
        self.gateway = gateway
        self.profile = profile
        self.dns = dns
        self.ntp = ntp
        self.timeZone = timeZone
        self.language = language
    }
}

extension ConfigurationChange {
    /// The fields that are given, in a fixed order.
    public var fields: [String] {
        [
            vip.map { _ in "vip" }, gateway.map { _ in "gateway" }, profile.map { _ in "profile" },
            dns.map { _ in "dns" }, ntp.map { _ in "ntp" }, timeZone.map { _ in "timeZone" },
            language.map { _ in "language" },
        ].compactMap(\.self)
    }
}
