import Primitives

/// The configuration of a protected machine's source, `keelson-source.toml`.
public struct SourceConfiguration: Equatable, Sendable {
    /// The machine's identity: 32 lower-case hexadecimal digits.
    public var machine: String
    /// The cluster's virtual address, or a node's.
    public var cluster: IPAddress
    /// TCP port of the cluster's API.
    public var clusterPort: Int
    /// SHA-256 of the cluster's CA certificate, 64 hexadecimal digits.
    public var fingerprint: String
    /// What must survive a reboot lives in this directory: identity, marks, what the source remembers.
    public var data: String
    /// Path of the control socket.
    public var socket: String
    /// Where the volumes are served over NBD.
    public var export: Export
    /// MiB of frames in memory.
    public var ring: Int
    /// File of frames that did not go out in time, and its MiB; 0 for none.
    public var spool: String
    public var spoolSize: Int
    /// KiB of a region of the write-intent log.
    public var region: Int
    public var volumes: [Volume]

    public enum Export: Equatable, Sendable {
        case unix(String)
        case tcp(IPAddress, port: Int)
    }

    public struct Volume: Equatable, Sendable {
        public var number: Int
        /// The name of its NBD export.
        public var name: String
        /// A disk or an image.
        public var path: String

        public init(number: Int, name: String, path: String) {
            self.number = number
            self.name = name
            self.path = path
        }
    }

    public init(
        machine: String, cluster: IPAddress, clusterPort: Int = 443, fingerprint: String, data: String,
        socket: String, export: Export, ring: Int = 256, spool: String, spoolSize: Int = 4096, region: Int = 4096,
        volumes: [Volume]
    ) {
        self.machine = machine
        self.cluster = cluster
        self.clusterPort = clusterPort
        self.fingerprint = fingerprint
        self.data = data
        self.socket = socket
        self.export = export
        self.ring = ring
        self.spool = spool
        self.spoolSize = spoolSize
        self.region = region
        self.volumes = volumes
    }
}

extension SourceConfiguration {
    /// Volumes are numbered from 0 in the order of their sections, `[volume-0]` and so on.
    static let mostVolumes = 24

    /// Parses and validates the whole text.
    public static func parse(_ text: String) throws(ConfigurationError) -> SourceConfiguration {
        let document = try DocumentParser.parse(text)
        let names = (0..<mostVolumes).map { "volume-\($0)" }
        try SectionReader.checkSections(of: document, known: ["machine", "cluster", "export", "memory"] + names)
        for required in ["machine", "cluster", "volume-0"] where document.section(required) == nil {
            throw ConfigurationError(.missingSection, field: required)
        }
        let machine = try SectionReader("machine", in: document, known: ["identity", "data", "socket"])
        let cluster = try SectionReader("cluster", in: document, known: ["address", "port", "fingerprint"])
        let memory = try SectionReader("memory", in: document, known: ["ring", "spool", "spool-size", "region"])
        let data = try machine.path("data", default: "/var/lib/keelson-source")
        return SourceConfiguration(
            machine: try hexadecimal("identity", digits: 32, machine), cluster: try cluster.address("address"),
            clusterPort: try cluster.port("port", default: 443),
            fingerprint: try hexadecimal("fingerprint", digits: 64, cluster), data: data,
            socket: try machine.path("socket", default: "/run/keelson-source.sock"),
            export: try export(SectionReader("export", in: document, known: ["socket", "address", "port"])),
            ring: try memory.integer("ring", in: 32...65_536) ?? 256,
            spool: try memory.path("spool", default: data + "/spool"),
            spoolSize: try memory.integer("spool-size", in: 0...16_777_216) ?? 4096,
            region: try region(memory), volumes: try volumes(names, in: document))
    }

    private static func hexadecimal(
        _ key: String, digits: Int, _ section: SectionReader
    ) throws(ConfigurationError) -> String {
        let text = try section.required(key)
        guard text.utf8.count == digits,
            text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { throw section.error(.notHexadecimal(digits: digits), key) }
        return text
    }

    private static func region(_ memory: SectionReader) throws(ConfigurationError) -> Int {
        let region = try memory.integer("region", in: 64...1_048_576) ?? 4096
        guard region.nonzeroBitCount == 1 else { throw memory.error(.notAPowerOfTwo(region), "region") }
        return region
    }

    private static func export(_ section: SectionReader) throws(ConfigurationError) -> Export {
        if try section.string("address") != nil {
            return .tcp(try section.address("address"), port: try section.port("port", default: 10_809))
        }
        return .unix(try section.path("socket", default: "/run/keelson-source.nbd"))
    }

    private static func volumes(_ names: [String], in document: Document) throws(ConfigurationError) -> [Volume] {
        var volumes: [Volume] = []
        for (number, name) in names.enumerated() where document.section(name) != nil {
            let section = try SectionReader(name, in: document, known: ["name", "path"])
            _ = try section.required("path")
            let volume = Volume(
                number: number, name: try section.hostName("name"), path: try section.path("path", default: ""))
            if volumes.contains(where: { $0.name == volume.name }) {
                throw section.error(.listedTwice(volume.name), "name")
            }
            volumes.append(volume)
        }
        return volumes
    }
}
