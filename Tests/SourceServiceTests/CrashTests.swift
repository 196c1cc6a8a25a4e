import CaptureProtocol
import ConfigurationCore
import Foundation
import Glibc
import Identity
import JoinCore
import Lab
import Linux
import NIOPosix
import Primitives
import StreamProtocol
import Testing

@testable import SourceService

/// `keelson-source` as a child process that is killed under load.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: Tool.path("fio") != nil, "fio is not there"))
struct CrashTests {
    static let mib = 1 << 20

    @Test func killedUnderLoadComparesOnlyWhatIsMarked() async throws {
        let source = try TestSource(size: 64 * Self.mib, ring: 32, spool: 0, region: 1024)
        try source.fill(0..<32 * Self.mib, seed: 1)
        let receiver = try await source.receiver()
        let config = try source.install(source.assignment(receiver))
        var random = SeededRandom(seed: 11)
        for round in 0..<3 {
            let child = try ChildSource(config)
            await receiver.until { $0.hellos.count > 0 && $0.isConsistent }
            try await child.untilServing(source.folder + "/control")
            let before = receiver.state
            // Writes into the first 8 MiB only.
            let uri = source.nbd
            let load = Task {
                try await Tool.run(
                    "fio",
                    [
                        "--name=load", "--ioengine=nbd", "--uri=\(uri)", "--rw=randwrite", "--bs=4k",
                        "--iodepth=16", "--size=8m", "--time_based", "--runtime=30", "--fsync=64",
                    ])
            }
            let frames = before.frames + Int.random(in: 5...40, using: &random)
            await receiver.until { $0.frames >= frames }
            child.kill()
            // It has lost its disk, so it fails.
            await #expect(throws: SourceError.self) { try await load.value }
            // What it had sent may still be on its way.
            await receiver.until { $0.connections == 0 }
            receiver.set { $0.isConsistent = false }
            let compared = receiver.state.compared
            let again = try ChildSource(config)
            let content = try source.content()
            await receiver.until { $0.isConsistent && $0.holds(content) }
            let read = (receiver.state.compared - compared) * 4096
            #expect(read <= 9 * Self.mib, "round \(round): \(read) bytes were compared")
            #expect(read > 0)
            #expect(receiver.state.problems == [])
            again.stop()
        }
        try await receiver.end()
    }
}

/// A running keelson-source.
private final class ChildSource {
    private let process: ChildProcess

    init(_ config: String) throws {
        let own = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process = try ChildProcess.start(
            [own.appending(path: "keelson-source").path, "run", "--config", config], output: .discard)
    }

    func untilServing(_ socket: String) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do throws(SystemError) {
                _ = try UnixSocket.connect(socket, kind: .stream)
                return
            } catch {
                guard ContinuousClock.now < end else { throw error }
                await Task.yield()
            }
        }
    }

    func kill() { process.killAndCollect() }

    func stop() {
        process.signal(SIGTERM)
        process.collect()
    }
}

extension TestSource {
    /// Everything that an enrolled source has; its cluster is away.
    fileprivate func install(_ assignment: StreamAssignment) throws -> String {
        let files = SourceFolder(path: configuration.data + "/identity")
        try DurableFile.makeFolder(files.path)
        try DurableFile.replace(files.path + "/source.key", with: Array(identity.key.pem.utf8), mode: 0o600)
        try files.install(
            certificate: identity.certificate.pem, authority: identity.trust.pem, token: "km1.none")
        try SourceStore(folder: configuration.data, pool: NIOThreadPool(numberOfThreads: 1)).save(assignment)
        let text = """
            [machine]
            identity = "\(configuration.machine)"
            data = "\(configuration.data)"
            socket = "\(configuration.socket)"
            [cluster]
            address = "127.0.0.1"
            port = 1
            fingerprint = "\(configuration.fingerprint)"
            [export]
            socket = "\(folder)/nbd"
            [memory]
            ring = \(configuration.ring)
            spool-size = \(configuration.spoolSize)
            region = \(configuration.region)
            [volume-0]
            name = "disk"
            path = "\(image)"
            """
        let path = folder + "/source.toml"
        try DurableFile.replace(path, with: Array(text.utf8), mode: 0o600)
        return path
    }
}
