import APIProtocol
import AsyncHTTPClient
import ConfigurationCore
import Foundation
import Glibc
import Identity
import JoinCore
import Linux
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives
import Testing

@testable import ConsoleService

/// The listener for everybody, on real sockets with real certificates.
@Suite("The front", .serialized)
struct FrontTests {
    private struct Site: Sendable {
        let port: Int
        let trust: ClusterTrust
    }

    private func open(_ body: @escaping @Sendable (Site) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/keelson-front-\(UInt32.random(in: 0...UInt32.max))"
        let configuration = NodeConfiguration(
            name: "n1", interface: "lo", address: Subnet("127.0.0.1/8")!, data: folder)
        let now = WallTime(secondsSince1970: Int64(time(nil)))
        let authority = try CertificateAuthority(clusterName: "test", at: now)
        let identity = IdentityFolder(path: configuration.identityDirectory)
        let key = try identity.loadOrCreateKey()
        let certificate = try authority.issue(
            to: ProvenPublicKey(key), name: "n1", addresses: [IPAddress("127.0.0.1")!], at: now)
        try identity.install(certificate, trust: authority.trust)
        try WebIdentityFile(path: configuration.webIdentityPath).write(
            try authority.issueWeb(names: ["demo"], addresses: [IPAddress("127.0.0.2")!], at: now))
        let daemon = FakeClusterDaemon()
        try Samples.fill(daemon)
        try await daemon.run { console in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let (ports, announce) = AsyncStream.makeStream(of: Int.self)
            let front = Front(
                host: "::", port: 0, book: TLSBook(configuration: configuration), console: console,
                patience: .milliseconds(500), logger: logger, ready: { announce.yield($0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await front.run() } catch is CancellationError { return }
                }
                for await port in ports {
                    try await body(Site(port: port, trust: authority.trust))
                    break
                }
                group.cancelAll()
            }
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    private static func get(_ url: String, _ tls: TLSConfiguration) async throws -> Int {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls))
        do {
            let status = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10)).status.code
            try await client.shutdown()
            return Int(status)
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    @Test("The node's certificate at its own address, the cluster's at the virtual one; strangers are not trusted")
    func certificates() async throws {
        try await open { site in
            let tls = try site.trust.clientTLS()
            // A certificate for the other address would be refused by name.
            #expect(try await Self.get("https://127.0.0.1:\(site.port)/login", tls) == 200)
            #expect(try await Self.get("https://127.0.0.2:\(site.port)/login", tls) == 200)
            let stranger = try CertificateAuthority(
                clusterName: "other", at: WallTime(secondsSince1970: Int64(time(nil))))
            let other = try stranger.trust.clientTLS()
            await #expect(throws: (any Error).self) { _ = try await Self.get("https://127.0.0.1:\(site.port)/", other) }
        }
    }

    @Test("A thousand clients that send nothing do not stop the others, and are let go")
    func slowClients() async throws {
        try await open { site in
            let group = MultiThreadedEventLoopGroup.singleton
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: site.port)
            var channels: [any Channel] = []
            for _ in 0..<1_000 {
                channels.append(try await ClientBootstrap(group: group).connect(to: address).get())
            }
            let tls = try site.trust.clientTLS()
            let clock = ContinuousClock()
            let begin = clock.now
            #expect(try await Self.get("https://127.0.0.1:\(site.port)/login", tls) == 200)
            #expect(clock.now - begin < .seconds(5))
            for channel in channels { try await channel.closeFuture.get() }
        }
    }
}
