import Primitives

/// What an operator answers to the setup: found a cluster or join one.
public enum SetupAnswer: Equatable, Sendable {
    case found(Founding)
    case join(Joining)

    /// How fast mastership is renewed and taken over; `auto` follows what the machine is measured to hold.
    public enum Profile: String, CaseIterable, Codable, Sendable {
        case auto, instant, fast, calm, slow
    }

    /// The first user of a new cluster.
    public struct Administrator: Equatable, Sendable {
        public enum Password: Equatable, Sendable {
            case text(String)
            /// The first line of this file.
            case file(String)
        }

        public var name: String
        public var password: Password

        public init(name: String, password: Password) {
            self.name = name
            self.password = password
        }
    }

    /// Of the pages.
    public enum Language: String, CaseIterable, Codable, Sendable {
        case en, zh
    }

    /// The next nodes join without approval.
    public struct Rack: Equatable, Sendable {
        /// 1 to 64.
        public var nodes: Int
        /// 1 to 240.
        public var minutes: Int

        public init(nodes: Int, minutes: Int = 30) {
            self.nodes = nodes
            self.minutes = minutes
        }
    }

    /// A new cluster with this node as its first.
    public struct Founding: Equatable, Sendable {
        /// The cluster's name for people.
        public var name: String
        /// The virtual addresses, IPv4 and/or IPv6, at least one.
        public var virtualAddresses: [Subnet]
        /// Must answer ARP (or neighbour discovery) from every node.
        public var gateway: IPAddress
        public var profile: Profile
        /// Path of a license, from the answer file's folder on; nil: the trial begins.
        public var licenseFile: String?
        /// Nil: there are no users yet; root makes them on a node.
        public var administrator: Administrator?

        /// Name servers, at most three.
        public var nameServers: [IPAddress]
        /// Time servers, at most eight.
        public var timeServers: [ServerName]
        /// As `Europe/Zurich`.
        public var timeZone: String?
        public var language: Language?
        /// Nil: every node needs an approval or a token.
        public var rack: Rack?

        public init(
            name: String, virtualAddresses: [Subnet], gateway: IPAddress, profile: Profile = .auto,
            licenseFile: String? = nil, administrator: Administrator? = nil, nameServers: [IPAddress] = [],
            timeServers: [ServerName] = [], timeZone: String? = nil, language: Language? = nil, rack: Rack? = nil
        ) {
            self.name = name
            self.virtualAddresses = virtualAddresses
            self.gateway = gateway
            self.profile = profile
            self.licenseFile = licenseFile
            self.administrator = administrator
            self.nameServers = nameServers
            self.timeServers = timeServers
            self.timeZone = timeZone
            self.language = language
            self.rack = rack
        }
    }

    /// A place in a cluster that exists.
    public struct Joining: Equatable, Sendable {
        public enum Role: String, Codable, Sendable {
            case voter, witness
        }

        /// The master's address, or the virtual address.
        public var master: IPAddress
        /// Nil: wait for approval on the master with the 6-digit code.
        public var token: String?
        public var role: Role

        public init(master: IPAddress, token: String?, role: Role = .voter) {
            self.master = master
            self.token = token
            self.role = role
        }
    }

    /// Parses and validates all that can be known without the node; `validate(on:)` checks the rest.
    public static func parse(_ text: String) throws(ConfigurationError) -> SetupAnswer {
        let document = try DocumentParser.parse(text)
        try SectionReader.checkSections(
            of: document, known: ["cluster", "join", "license", "administrator", "rack"])
        let cluster = document.section("cluster")
        let join = document.section("join")
        if cluster != nil, let join {
            throw ConfigurationError(.bothFoundAndJoin, field: "join", position: join.position)
        }
        if cluster != nil {
            var founding = try founding(document)
            founding.administrator = try administrator(document)
            return .found(founding)
        }
        guard join != nil else { throw ConfigurationError(.neitherFoundNorJoin) }
        if let license = document.section("license") {
            throw ConfigurationError(.licenseWithoutFounding, field: "license", position: license.position)
        }
        if let section = document.section("administrator") {
            throw ConfigurationError(.administratorJoins, field: "administrator", position: section.position)
        }
        if let rack = document.section("rack") {
            throw ConfigurationError(.rackWithoutCluster, field: "rack", position: rack.position)
        }
        return .join(try joining(document))
    }

    private static func founding(_ document: Document) throws(ConfigurationError) -> Founding {
        let reader = try SectionReader(
            "cluster", in: document,
            known: ["name", "vip", "gateway", "profile", "dns", "ntp", "time-zone", "language"])
        let name = try reader.hostName("name")
        guard let texts = try reader.strings("vip") else { throw reader.error(.missingKey, "vip") }
        var addresses: [Subnet] = []
        for text in texts {
            guard let subnet = Subnet(text) else { throw reader.error(.badSubnet(text), "vip") }
            addresses.append(subnet)
        }
        guard let gatewayText = try reader.string("gateway") else { throw reader.error(.gatewayMissing, "gateway") }
        guard let gateway = IPAddress(gatewayText) else { throw reader.error(.badAddress(gatewayText), "gateway") }
        let profileText = try reader.string("profile") ?? Profile.auto.rawValue
        guard let profile = Profile(rawValue: profileText) else {
            throw reader.error(.badProfile(profileText), "profile")
        }
        let founding = Founding(
            name: name, virtualAddresses: addresses, gateway: gateway, profile: profile,
            licenseFile: try licenseFile(document), nameServers: try nameServers(reader),
            timeServers: try timeServers(reader), timeZone: try timeZone(reader), language: try language(reader),
            rack: try rack(document))
        do { try founding.validate() } catch {
            throw reader.error(error.problem, error.field == "cluster.gateway" ? "gateway" : "vip")
        }
        return founding
    }

    private static func licenseFile(_ document: Document) throws(ConfigurationError) -> String? {
        guard document.section("license") != nil else { return nil }
        let reader = try SectionReader("license", in: document, known: ["file"])
        let file = try reader.required("file")
        guard !file.isEmpty, !file.utf8.contains(0) else { throw reader.error(.emptyFileName, "file") }
        return file
    }

    private static func administrator(_ document: Document) throws(ConfigurationError) -> Administrator? {
        guard document.section("administrator") != nil else { return nil }
        let reader = try SectionReader("administrator", in: document, known: ["name", "password", "password-file"])
        let name = try reader.required("name")
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isUserNameByte) else {
            throw reader.error(.badUserName(name), "name")
        }
        let text = try reader.string("password")
        guard try reader.string("password-file") != nil else {
            guard let text else { throw reader.error(.missingKey, "password") }
            if let problem = PasswordRules.problem(text, name: name) {
                throw reader.error(.badPassword(problem), "password")
            }
            return Administrator(name: name, password: .text(text))
        }
        guard text == nil else { throw reader.error(.twoPasswords, "password-file") }
        return Administrator(name: name, password: .file(try reader.path("password-file", default: "")))
    }

    private static func isUserNameByte(_ byte: UInt8) -> Bool {
        Scanner.isKeyByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "@")
    }

    private static func joining(_ document: Document) throws(ConfigurationError) -> Joining {
        let reader = try SectionReader("join", in: document, known: ["master", "token", "role"])
        let token = try reader.string("token")
        guard token != "" else { throw reader.error(.emptyToken, "token") }
        let roleText = try reader.string("role") ?? Joining.Role.voter.rawValue
        guard let role = Joining.Role(rawValue: roleText) else { throw reader.error(.badRole(roleText), "role") }
        return Joining(master: try reader.address("master"), token: token, role: role)
    }
}

extension SetupAnswer {
    /// Checks the answer against the node that it is given to; the field of an error is as in the answer file.
    public func validate(on node: NodeConfiguration) throws(ConfigurationError) {
        switch self {
        case .found(let founding): try founding.validate(on: node.address)
        case .join(let joining):
            guard joining.master != node.address.address else {
                throw ConfigurationError(.joinsItself(joining.master), field: "join.master")
            }
        }
    }
}
