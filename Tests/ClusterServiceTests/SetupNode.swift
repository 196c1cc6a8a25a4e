import Texts
import APIProtocol
import ConfigurationCore
import Foundation
import Identity
import Logging
import MembershipCore
import NIOPosix
import Primitives
import Synchronization
import Testing

@testable import ClusterService

/// Answers for addresses as a test wants it.
final class FakeAddresses: AddressAsking {
    private let used: Mutex<[IPAddress: String]>

    init(_ used: [String]) {
        let pairs = used.compactMap { IPAddress($0) }.map { ($0, "02:00:00:00:00:01") }
        self.used = Mutex(Dictionary(uniqueKeysWithValues: pairs))
    }

    func ask(_ address: IPAddress) async throws -> AddressProbe.Result {
        used.withLock { $0[address] }.map { .used(mac: $0) } ?? .free
    }
}

/// A node in setup with a data folder of its own, which a test can start again as after a power cut.
final class SetupNode: Sendable {
    struct PowerCut: Error {}

    let configuration: NodeConfiguration
    let addresses: FakeAddresses
    let probes: NetworkProbes

    init(_ number: Int = 1, used: [String] = ["10.77.0.1"]) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/keelson-setup-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        configuration = NodeConfiguration(
            name: "n\(number)", interface: "eth0", address: try #require(Subnet("10.77.0.1\(number)/24")),
            data: folder, run: folder)
        addresses = FakeAddresses(used)
        let group = MultiThreadedEventLoopGroup.singleton
        probes = NetworkProbes(
            address: addresses, time: TimeClient(group: group), names: NameClient(group: group))
    }

    deinit {
        // Whatever is left is the system's temporary folder's.
        try? FileManager.default.removeItem(atPath: configuration.data)
    }

    /// The daemon starts; the power goes at this step of the founding.
    func boot(cutAt step: InstalledNode.FoundingStep? = nil) throws -> InstalledNode {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try InstalledNode(configuration: configuration, probes: probes, logger: logger) { [self] reached in
            // The node keeps its machine, and with it the folder.
            withExtendedLifetime(self) {}
            if reached == step { throw PowerCut() }
        }
    }

    var membership: LocalMembership? {
        get throws { try MembershipFile.read(configuration.membershipPath) }
    }

    func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: configuration.data + "/" + file) }

    func mode(_ file: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: configuration.data + "/" + file)
        return attributes[.posixPermissions] as? Int
    }

    /// Saves every step.
    static func fill(_ node: InstalledNode, ntp: [String]? = nil) async throws {
        let revision = try await node.setupDraft().revision
        _ = try await node.changeSetupDraft(
            SetupDraftChange(
                revision: revision, language: .english,
                administrator: DraftAdministratorChange(name: "anna", password: "a long and secret one"),
                license: SetupLicense(trial: true), cluster: DraftCluster(name: "demo", ntp: ntp, timeZone: "UTC"),
                network: DraftNetwork(
                    vip: [try #require(Subnet("10.77.0.50/24"))], gateway: IPAddress("10.77.0.1"), profile: .calm)))
    }

    /// Waits until the background's work has ended one way or the other.
    static func settle(_ node: InstalledNode) async throws -> SetupStatus {
        for _ in 0..<2_000 {
            let status = try await node.setupStatus()
            if status.stage == .installed { return status }
            _ = await Pause.survived(.milliseconds(5))
        }
        Issue.record("the setup did not end")
        return try await node.setupStatus()
    }
}

/// What a node that joins sends.
struct Joiner {
    let key = NodeKey()
    let number: Int

    func request(sentAt: Timestamp? = .now) throws -> JoinRequest {
        JoinRequest(
            csr: try key.certificateRequest(), name: "n\(number)",
            address: try #require(IPAddress("10.77.0.1\(number)")), role: .voter, sentAt: sentAt)
    }
}

/// The API error that a body throws.
func refusal(_ body: () async throws -> Void) async -> APIError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? APIError
    }
}
