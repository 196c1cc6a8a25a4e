import APIProtocol
import AccessCore
import ConfigurationCore
import Foundation
import Identity
import JoinCore
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Primitives
import ProfileCore
import Testing

@testable import ClusterService

/// Real members over one store in memory: the real mastership loop, no network, cheap password hashes.
struct TestMember: Sendable {
    static let cheap = PasswordHash.Parameters(cost: 16, blockSize: 1, parallelism: 1)

    let member: ClusterMember
    private let folder: String
    private let session: UInt64
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private struct Nobody: AddressKeeper {
        func hold(until deadline: Instant, _ epoch: Epoch) {}
        func drop(_ epoch: Epoch) {}
    }

    init(_ name: String, authority: CertificateAuthority, store: MemoryStore, number: Int) throws {
        session = UInt64(number)
        folder = FileManager.default.temporaryDirectory.path + "/keelson-member-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let key = NodeKey()
        let identity = try NodeIdentity(
            key: key, certificate: try authority.issue(to: ProvenPublicKey(key), name: name, addresses: [], at: .now),
            trust: authority.trust)
        let configuration = NodeConfiguration(
            name: name, interface: "lo", address: Subnet("10.77.0.\(number)/24")!, data: folder, run: folder)
        let membership = LocalMembership(
            clusterName: "demo", clusterToken: "t", node: key.node, role: .voter, foundsCluster: true,
            voters: [.init(node: key.node, name: name, address: configuration.address.address)], virtualAddresses: [],
            raft: LocalMembership.RaftTiming(Profile.calm.raft), generation: 1)
        member = ClusterMember(
            configuration: configuration, identity: identity, membership: membership, store: ClusterStore(etcd: store),
            supervisor: SupervisorLink(path: folder + "/none"),
            peers: PeerClient(tls: try identity.mutualClientTLS(), port: 1, on: group),
            journal: try EventJournal(
                path: folder + "/events.sqlite", node: key.node, name: name, logger: logger),
            audit: try AuditJournal(path: folder + "/audit.sqlite", logger: logger),
            book: HeartbeatBook(openedAt: BootClock.now), access: AccessState(parameters: Self.cheap), logger: logger)
        let quiet = MastershipLoop.Hooks(
            startServices: { _ in }, stopServices: {}, remember: { _ in }, report: { _, _ in },
            wrote: { _, _, _, _ in })
        let mastership = MastershipLoop(
            key: EtcdMasterKey(etcd: store), address: Nobody(), eventLoop: group.next(),
            executor: EventLoopTaskExecutor(group.next()), hooks: quiet, logger: logger)
        let vip = try VIPManagerLink(path: folder + "/none", addresses: []) { _ in }
        member.parts.withLockedValue { $0 = .init(mastership: mastership, vip: vip) }
    }

    /// Its place in the cluster, as the master would have written it.
    var record: NodeRecord {
        let configuration = member.configuration
        return NodeRecord(
            id: member.node, name: configuration.name, address: configuration.address.address, wish: .voter,
            assigned: .voter, joined: .now)
    }

    /// Contends for mastership until the task is cancelled, which is the death of a master. Calm: beside hundreds of
    /// other tests the instant profile's 0.13 s are missed again and again, and nobody stays master.
    func contend() -> Task<Void, Never> {
        let core = MastershipCore(
            node: member.node, session: session, generation: 1, highest: .none, timing: Profile.calm.timing, seed: 1)
        let executor = EventLoopTaskExecutor(group.next())
        let mastership = member.mastership
        mastership.post(.standingChanged(true))
        return Task { await withTaskExecutorPreference(executor) { await mastership.run(core) } }
    }

    /// Notes go to the trail as long as the task is not cancelled.
    func ship() -> Task<Void, Never> {
        Task { await member.audit.ship { try await member.deliver($0) } }
    }

    func close() async throws {
        try await member.peers.shutdown()
        try await group.shutdownGracefully()
        try FileManager.default.removeItem(atPath: folder)
    }
}

/// One or two members, the first of which is master.
struct TestCluster: Sendable {
    let store: MemoryStore
    let first: ClusterMember
    let second: TestMember
    private let contending: Task<Void, Never>

    static func run(_ body: @Sendable (TestCluster) async throws -> Void) async throws {
        let store = MemoryStore()
        let authority = try CertificateAuthority(clusterName: "demo", at: .now)
        let members = try [1, 2].map { try TestMember("n\($0)", authority: authority, store: store, number: $0) }
        let contending = members[0].contend()
        let shipping = members.map { $0.ship() }
        let cluster = TestCluster(store: store, first: members[0].member, second: members[1], contending: contending)
        do {
            try await cluster.settle(members)
            try await body(cluster)
        } catch {
            Issue.record(error)
        }
        contending.cancel()
        for task in shipping { task.cancel() }
        for task in shipping + [contending] { await task.value }
        for member in members { try await member.close() }
    }

    private func settle(_ members: [TestMember]) async throws {
        let master = first
        try await Self.eventually("a master") { (try? master.requireMastership()) != nil }  // Not yet is no error here.
        let epoch = try master.requireMastership()
        try await master.store.change(members.map { .put($0.record, at: ClusterKeys.node($0.member.node)) }, by: epoch)
        let nodes = members.map(\.record)
        for member in members { member.member.view.withLockedValue { $0.nodes = nodes } }
    }

    /// The master dies, the other one takes over.
    /// - Returns: the task in which it contends.
    func failOver() async throws -> Task<Void, Never> {
        contending.cancel()
        await contending.value
        let task = second.contend()
        let member = second.member
        try await Self.eventually("a new master") { (try? member.requireMastership()) != nil }  // As above.
        return task
    }

    static func eventually(_ what: String, _ condition: @Sendable () async throws -> Bool) async throws {
        let end = BootClock.now + .seconds(20)
        while try await !condition() {
            guard BootClock.now < end, await Pause.survived(.milliseconds(5)) else { throw NeverCame(what: what) }
        }
    }

    struct NeverCame: Error, CustomStringConvertible {
        let what: String
        var description: String { "\(what) never came" }
    }
}
