import APIProtocol
import BundleCore
import Compression
import ConfigurationCore
import Foundation
import Linux
import Primitives
import Texts

/// Collects what helps somebody afar: from an allow-list of sources, each through the scrubber. A source that cannot be
/// read says so in its place.
struct SupportBundle: Sendable {
    struct Source: Sendable {
        let name: String
        /// `bundle.KIND` in the catalogue.
        let kind: String
        let read: @Sendable () async throws -> [UInt8]
    }

    /// Of one log file, its latest bytes.
    static let longestLog = 1 << 20

    let folder: String
    let sources: [Source]

    /// - Parameter documents: what the program knows, beside what lies on the machine.
    init(_ configuration: NodeConfiguration, documents: [Source]) {
        folder = "keelson-\(configuration.name)"
        sources =
            [
                Source("versions.json", "versions") { try Self.pretty(Versions.all) },
                Source("configuration/node.json", "configuration") {
                    try Self.pretty(NodeFacts(configuration))
                },
            ] + documents + Self.files(configuration) + Self.logs(configuration.logDirectory)
    }

    /// Files whose whole content is meant to be seen.
    private static func files(_ configuration: NodeConfiguration) -> [Source] {
        let kernel = ["version", "cmdline", "uptime", "loadavg", "meminfo", "stat", "vmstat", "interrupts", "modules"]
        let pressure = ["pressure/cpu", "pressure/memory", "pressure/io"]
        let disks = ["mounts", "partitions", "diskstats"]
        let network = ["net/dev", "net/route", "net/ipv6_route", "net/if_inet6", "net/arp", "net/fib_trie", "net/snmp"]
        func of(_ names: [String], _ kind: String) -> [Source] {
            names.map { name in
                Source("\(kind)/\(name.replacing("/", with: "-")).txt", kind) { try Self.tail("/proc/" + name) }
            }
        }
        return [
            Source("membership/cluster.json", "membership") { try Self.tail(configuration.membershipPath) },
            Source("membership/epoch", "epochs") { try Self.tail(configuration.epochPath) },
        ] + of(kernel + pressure, "kernel") + of(disks, "disks") + of(network, "network")
    }

    /// Every log of the supervisor's children and the last older part of each, and the recovery's.
    private static func logs(_ folder: String) -> [Source] {
        let names = ["vipd", "etcd", "clusterd", "licensed", "captured"].flatMap { ["\($0).log", "\($0).log.1"] }
        return names.map { name in Source("logs/\(name)", "logs") { try Self.tail("\(folder)/\(name)") } }
    }

    struct Part: Sendable {
        let item: BundleItem
        let content: [UInt8]
    }

    func collect() async throws -> [Part] {
        var parts: [Part] = []
        for source in sources {
            let raw: [UInt8]
            do {
                raw = try await source.read()
            } catch {
                raw = Array("This could not be read: \(error)\n".utf8)
            }
            let content = try await BlockingWork.run { Scrubber.scrub(raw) }
            parts.append(
                Part(
                    item: BundleItem(
                        name: "\(folder)/\(source.name)", bytes: content.count,
                        what: Catalogue.sentence("bundle.\(source.kind)", [:], .english) ?? source.kind,
                        kind: source.kind), content: content))
        }
        return parts
    }

    func archive(at time: Timestamp) async throws -> [UInt8] {
        let parts = try await collect()
        return try await BlockingWork.run {
            var archive = TarArchive()
            for part in parts {
                archive.add(part.item.name, part.content, modified: time.milliseconds / 1_000)
            }
            archive.finish()
            return try Gzip.compress(archive.bytes)
        }
    }

    static func pretty(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [10]
    }

    /// The last bytes of a file, from the beginning of a line.
    private static func tail(_ path: String) throws(SystemError) -> [UInt8] {
        guard var bytes = try DurableFile.readEnd(path, limit: longestLog) else {
            return Array("There is none.\n".utf8)
        }
        if bytes.count == longestLog, let line = bytes.firstIndex(of: 10) { bytes.removeFirst(line + 1) }
        return bytes
    }
}

extension SupportBundle.Source {
    init(_ name: String, _ kind: String, _ read: @escaping @Sendable () async throws -> [UInt8]) {
        self.init(name: name, kind: kind, read: read)
    }
}

/// The node's configuration as far as it is shown: what is new is not shown before it is named here.
private struct NodeFacts: Encodable {
    let name, interface, address, domain, data, run, programs, etcd: String
    let apiPort, clusterPort: Int
    let realtime: Bool

    init(_ configuration: NodeConfiguration) {
        name = configuration.name
        interface = configuration.interface
        address = "\(configuration.address)"
        domain = configuration.domain ?? ""
        data = configuration.data
        run = configuration.run
        programs = configuration.programs
        etcd = configuration.etcd
        apiPort = configuration.apiPort
        clusterPort = configuration.clusterPort
        realtime = configuration.realtime
    }
}
