import Primitives

/// The operator's configuration of one node, `keelson.toml`. Every daemon is started with it.
public struct NodeConfiguration: Equatable, Sendable {
    /// The node's name for people: letters, digits and hyphens.
    public var name: String
    /// The interface that carries the node's and the virtual addresses.
    public var interface: String
    /// The node's own address with its network.
    public var address: Subnet
    /// What fails together with this node, such as its rack or its site; voters are spread over them.
    public var domain: String?
    /// What must survive a reboot lives in this directory.
    public var data: String
    /// Sockets live in this directory.
    public var run: String
    /// Where the daemons are.
    public var programs: String
    /// Path of the etcd program.
    public var etcd: String
    /// TCP port of the API for users (TLS, tokens).
    public var apiPort: Int
    /// TCP port of the API between nodes (mutual TLS).
    public var clusterPort: Int
    /// TCP port of protected machines' streams (mutual TLS).
    public var capturePort: Int
    /// How the copies of protected machines are read and checked in the background.
    public var scrub: Scrub
    /// Whether daemons with a deadline ask for real-time scheduling and locked memory.
    public var realtime: Bool
    /// File with public keys that sign licenses in tests; a release refuses what they signed.
    public var licenseTestKeys: String?

    public init(
        name: String, interface: String, address: Subnet, domain: String? = nil, data: String = "/var/lib/keelson",
        run: String = "/run/keelson", programs: String = "/usr/lib/keelson", etcd: String = "/usr/bin/etcd",
        apiPort: Int = 443, clusterPort: Int = 7443, capturePort: Int = 7444, scrub: Scrub = .standard,
        realtime: Bool = true, licenseTestKeys: String? = nil
    ) {
        self.name = name
        self.interface = interface
        self.address = address
        self.domain = domain
        self.data = data
        self.run = run
        self.programs = programs
        self.etcd = etcd
        self.apiPort = apiPort
        self.clusterPort = clusterPort
        self.capturePort = capturePort
        self.scrub = scrub
        self.realtime = realtime
        self.licenseTestKeys = licenseTestKeys
    }

    public struct Scrub: Equatable, Sendable {
        /// From one time to the next; 0: never.
        public var days: Int
        /// MiB a second at most.
        public var rate: Int

        public init(days: Int, rate: Int) {
            self.days = days
            self.rate = rate
        }

        /// Every week, at 16 MiB a second.
        public static let standard = Scrub(days: 7, rate: 16)
    }
}

extension NodeConfiguration {
    /// `cluster.json`: present when the node is a member of a cluster.
    public var membershipPath: String { data + "/cluster.json" }
    /// Holds node.key, node.crt and ca.crt (PEM, mode 0600).
    public var identityDirectory: String { data + "/identity" }
    public var nodeKeyPath: String { identityDirectory + "/node.key" }
    public var nodeCertificatePath: String { identityDirectory + "/node.crt" }
    public var authorityPath: String { identityDirectory + "/ca.crt" }
    public var etcdDirectory: String { data + "/etcd" }
    /// What a founder puts into the store; there until its first mastership has done so.
    public var foundingPath: String { data + "/founding.json" }
    /// Holds the highest epoch seen and the generation.
    public var epochPath: String { data + "/epoch" }
    public var logDirectory: String { data + "/log" }
    /// Unix SOCK_SEQPACKET.
    public var vipdSocket: String { run + "/vipd.sock" }
    /// HTTP over a Unix stream socket.
    public var clusterdSocket: String { run + "/clusterd.sock" }
    /// Lines of JSON over a Unix stream socket.
    public var licensedSocket: String { run + "/licensed.sock" }
    /// Lines of JSON over a Unix stream socket.
    public var capturedSocket: String { run + "/captured.sock" }
    /// Holds a folder for each protected machine.
    public var journalDirectory: String { data + "/journal" }
    /// What is exported, for the next start.
    public var exportsPath: String { journalDirectory + "/exports.json" }
    /// When each machine was scrubbed last.
    public var scrubsPath: String { journalDirectory + "/scrubs.json" }
    /// Holds a Unix socket for each export.
    public var exportDirectory: String { run + "/exports" }
    /// HTTP over a Unix stream socket: users' requests, which the console's daemon passes on.
    public var usersSocket: String { run + "/users.sock" }
    /// HTTP over a Unix stream socket: what the console's daemon reads for itself.
    public var consoleSocket: String { run + "/console.sock" }
    /// HTTP over a Unix stream socket: the health of the console's daemon.
    public var consoledSocket: String { run + "/consoled.sock" }
    /// `WebIdentity` as JSON (mode 0600): what browsers see at the virtual address.
    public var webIdentityPath: String { identityDirectory + "/web.json" }
    /// Text lines over a Unix stream socket.
    public var supervisorSocket: String { run + "/supervisor.sock" }
}

extension NodeConfiguration {
    /// Longest `run`: sun_path has 108 bytes (unix(7)) with its zero; the longest socket name is an export's.
    static let longestRunPath = 107 - "/exports/00000000.sock".utf8.count

    /// Parses and validates the whole text.
    public static func parse(_ text: String) throws(ConfigurationError) -> NodeConfiguration {
        let document = try DocumentParser.parse(text)
        try SectionReader.checkSections(
            of: document, known: ["node", "programs", "api", "capture", "realtime", "license"])
        guard document.section("node") != nil else { throw ConfigurationError(.missingSection, field: "node") }
        let node = try SectionReader(
            "node", in: document, known: ["name", "interface", "address", "domain", "data", "run"])
        let programs = try SectionReader("programs", in: document, known: ["directory", "etcd"])
        let api = try SectionReader("api", in: document, known: ["port", "cluster-port"])
        let capture = try SectionReader("capture", in: document, known: ["port", "scrub-days", "scrub-rate"])
        let realtime = try SectionReader("realtime", in: document, known: ["enabled"])
        let license = try SectionReader("license", in: document, known: ["test-keys"])
        let configuration = NodeConfiguration(
            name: try node.hostName("name"), interface: try interfaceName(node), address: try hostAddress(node),
            domain: try node.string("domain") == nil ? nil : try node.hostName("domain"),
            data: try node.path("data", default: "/var/lib/keelson"),
            run: try node.path("run", default: "/run/keelson"),
            programs: try programs.path("directory", default: "/usr/lib/keelson"),
            etcd: try programs.path("etcd", default: "/usr/bin/etcd"),
            apiPort: try api.port("port", default: 443), clusterPort: try api.port("cluster-port", default: 7443),
            capturePort: try capture.port("port", default: 7444),
            scrub: Scrub(
                days: try capture.integer("scrub-days", in: 0...365) ?? Scrub.standard.days,
                rate: try capture.integer("scrub-rate", in: 1...100_000) ?? Scrub.standard.rate),
            realtime: try realtime.boolean("enabled") ?? true,
            licenseTestKeys: try license.string("test-keys") == nil ? nil : try license.path("test-keys", default: ""))
        guard configuration.run.utf8.count <= longestRunPath else {
            throw node.error(.pathTooLong(limit: longestRunPath), "run")
        }
        try configuration.requireDistinctPorts(api, capture)
        return configuration
    }

    private func requireDistinctPorts(_ api: SectionReader, _ capture: SectionReader) throws(ConfigurationError) {
        guard apiPort != clusterPort else { throw api.error(.samePort(clusterPort), "cluster-port") }
        guard ![apiPort, clusterPort].contains(capturePort) else {
            throw capture.error(.samePort(capturePort), "port")
        }
    }

    private static func interfaceName(_ node: SectionReader) throws(ConfigurationError) -> String {
        let text = try node.required("interface")
        // The kernel's rule (dev_valid_name): IFNAMSIZ is 16 with the zero; no '/', ':' or blank, not '.' or '..'.
        guard (1...15).contains(text.utf8.count), text != ".", text != "..",
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") })
        else { throw node.error(.badInterface(text), "interface") }
        return text
    }

    private static func hostAddress(_ node: SectionReader) throws(ConfigurationError) -> Subnet {
        let text = try node.required("address")
        guard let subnet = Subnet(text) else { throw node.error(.badSubnet(text), "address") }
        guard subnet.isHostAddress else { throw node.error(.notAHostAddress(subnet), "address") }
        return subnet
    }
}
