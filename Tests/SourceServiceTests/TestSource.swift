import CaptureProtocol
import ConfigurationCore
import Foundation
import Identity
import JoinCore
import Lab
import Logging
import NIOPosix
import Primitives
import StreamProtocol

@testable import SourceService

/// A folder with one image, a cluster's identities, and a source over it.
final class TestSource {
    static let machine = MachineID(high: 7, low: 9)

    let folder: String
    let authority: CertificateAuthority
    let identity: SourceIdentity
    var configuration: SourceConfiguration
    var image: String { folder + "/image" }
    var nbd: String { "nbd+unix:///disk?socket=\(folder)/nbd" }
    private var running: SourceMachine?
    private let now = WallTime(Date())

    init(size: Int, ring: Int = 32, spool: Int = 64, region: Int = 1024) throws {
        folder = NSTemporaryDirectory() + "keelson-source-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        authority = try CertificateAuthority(clusterName: "demo", at: now)
        let key = NodeKey()
        identity = try SourceIdentity(
            key: key, certificate: authority.issueSource(Self.machine, to: ProvenPublicKey(key), at: now),
            trust: authority.trust)
        configuration = SourceConfiguration(
            machine: "\(Self.machine)", cluster: IPAddress("127.0.0.1")!, fingerprint: "\(authority.trust.fingerprint)",
            data: folder + "/data", socket: folder + "/control", export: .unix(folder + "/nbd"), ring: ring,
            spool: folder + "/spool", spoolSize: spool, region: region,
            volumes: [SourceConfiguration.Volume(number: 0, name: "disk", path: folder + "/image")])
        guard FileManager.default.createFile(atPath: image, contents: nil) else { throw SourceError("no image") }
        try truncate(to: size)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }  // The system's folder for such files is swept.

    func truncate(to size: Int) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: image))
        try file.truncate(atOffset: UInt64(size))
        try file.close()
    }

    /// Writes into the image past the source.
    func fill(_ range: Range<Int>, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bytes = stride(from: 0, to: range.count, by: 8).flatMap { _ in
            withUnsafeBytes(of: random.next()) { Array($0) }
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: image))
        try file.seek(toOffset: UInt64(range.lowerBound))
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }

    func content() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: image))) }

    func receiver() async throws -> TestReceiver {
        let key = NodeKey()
        let certificate = try authority.issue(
            to: ProvenPublicKey(key), name: "n", addresses: [IPAddress("127.0.0.1")!], at: now)
        let receiver = TestReceiver(try NodeIdentity(key: key, certificate: certificate, trust: authority.trust))
        try await receiver.start()
        return receiver
    }

    func assignment(
        _ receiver: TestReceiver, _ second: TestReceiver? = nil, epoch: UInt64 = 1,
        level: AcknowledgementLevel = .durable
    ) -> StreamAssignment {
        StreamAssignment(
            machine: Self.machine, name: "m", epoch: epoch,
            receiver: .init(node: NodeID("0000000000000001")!, address: receiver.address),
            second: second.map { .init(node: NodeID("0000000000000002")!, address: $0.address) },
            volumes: [], level: level)
    }

    @discardableResult
    func start(_ assignment: StreamAssignment) async throws -> SourceMachine {
        var logger = Logger(label: "source")
        logger.logLevel = ProcessInfo.processInfo.environment["SOURCE_LOG"] == nil ? .critical : .debug
        let source = try await SourceMachine.start(
            configuration, identity: identity, assignment: assignment, logger: logger)
        running = source
        return source
    }

    func stop() async throws {
        try await running?.stop()
        running = nil
    }
}

/// A foreign program.
enum Tool {
    static func path(_ name: String) -> String? {
        ["/usr/bin/", "/usr/local/bin/"].map { $0 + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// - Returns: what it printed; thrown when it fails.
    @discardableResult
    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        guard let path = path(name) else { throw SourceError("there is no \(name)") }
        let answer = try await NIOThreadPool.singleton.runIfActive {
            try Command.attempt([path] + arguments, within: .seconds(120))
        }
        guard answer.code == 0 else { throw SourceError("\(name) ended with \(answer.code): \(answer.text)") }
        return answer.text
    }

    static func qemuIO(_ nbd: String, _ commands: [String]) async throws {
        let text = try await run("qemu-io", ["-f", "raw", "-t", "none"] + commands.flatMap { ["-c", $0] } + [nbd])
        if text.contains("failed") { throw SourceError(text) }
    }
}
