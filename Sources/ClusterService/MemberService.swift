import APIService
import AsyncHTTPClient
import ConfigurationCore
import Etcd
import Identity
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import ProfileCore
import PrometheusMetrics
import ServiceLifecycle

/// A member: puts its parts together, runs their loops, and gives up mastership in order when it is asked to stop.
struct MemberService: Service {
    private let daemon: ClusterDaemon
    private let member: ClusterMember
    private let epochs: EpochRecord
    private let deadlineGroup: MultiThreadedEventLoopGroup
    private let deadlineExecutor: EventLoopTaskExecutor
    private let deadlineStore: EtcdClient
    private let store: EtcdClient
    private let peerClient: PeerClient
    private let forwardClient: HTTPClient

    init(daemon: ClusterDaemon, membership: LocalMembership) throws {
        let configuration = daemon.configuration
        let identity = try IdentityFolder(path: configuration.identityDirectory).load()
        self.daemon = daemon
        epochs = try EpochFile.read(configuration.epochPath)
        deadlineGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        deadlineExecutor = EventLoopTaskExecutor(deadlineGroup.next())
        let tls = try identity.mutualClientTLS()
        let endpoints = Self.endpoints(of: membership)
        deadlineStore = EtcdClient(endpoints: endpoints, tls: tls, group: deadlineGroup)
        store = EtcdClient(endpoints: endpoints, tls: tls, group: daemon.group)
        peerClient = PeerClient(tls: tls, port: configuration.clusterPort, on: daemon.group)
        forwardClient = HTTPClient(
            eventLoopGroupProvider: .shared(daemon.group), configuration: HTTPForwarder.clientConfiguration(tls: tls))
        member = ClusterMember(
            configuration: configuration, identity: identity, membership: membership,
            store: ClusterStore(etcd: store), supervisor: SupervisorLink(path: configuration.supervisorSocket),
            peers: peerClient,
            journal: try EventJournal(
                path: configuration.data + "/events.sqlite", node: identity.node, name: configuration.name,
                logger: daemon.logger),
            audit: try AuditJournal(path: configuration.data + "/audit.sqlite", logger: daemon.logger),
            book: HeartbeatBook(openedAt: BootClock.now),
            setupSessions: try SetupFiles(data: configuration.data).sessionsLeft(), logger: daemon.logger)
        try putTogether(membership)
    }

    /// The member on this machine first, if there is one.
    private static func endpoints(of membership: LocalMembership) -> [EtcdEndpoint] {
        let others = membership.voters.filter { $0.node != membership.node }.map { EtcdEndpoint(address: $0.address) }
        return (membership.role == .spare ? [] : [.loopback]) + others
    }

    private func putTogether(_ membership: LocalMembership) throws {
        let member = member
        let vip = try VIPManagerLink(
            path: daemon.configuration.vipdSocket, addresses: membership.virtualAddresses
        ) { member.heard($0) }
        let mastership = MastershipLoop(
            key: EtcdMasterKey(etcd: deadlineStore), address: vip, eventLoop: deadlineGroup.next(),
            executor: deadlineExecutor, hooks: member.hooks(), logger: daemon.logger)
        member.parts.withLockedValue { $0 = .init(mastership: mastership, vip: vip) }
    }

    func run() async throws {
        if daemon.configuration.realtime { takePriority() }
        try member.vip.start()
        let server = try apiServer()
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for loop in loops() { group.addTask(operation: loop) }
                group.addTask { await serve(server) }
                // The API ends at a graceful shutdown or because it cannot serve; the renewal when there is a new
                // certificate to start with.
                for await _ in group { break }
                await member.stepDown()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            daemon.logger.notice("stopping")
        }
        try await close()
    }

    private func loops() -> [@Sendable () async -> Void] {
        let member = member
        let core = core()
        let executor = deadlineExecutor
        return [
            { await withTaskExecutorPreference(executor) { await member.mastership.run(core) } },
            { await member.followStore() },
            { await member.renewCertificateWhenDue() },
            { await member.report() },
            { await member.judgeStanding() },
            { await member.watchDisk() },
            { await member.journal.ship(to: member.store) },
            { await member.audit.ship { try await member.deliver($0) } },
            { await member.measureWakeUps(on: deadlineGroup.next(), executor) },
            { await member.followVoters(deadlineStore, store) },
            { await member.takeRaftTurns() },
            { await member.followLicense() },
            { await member.endSetupSessions() },
            { await member.followAssignments() },
            { await member.watchStreams() },
        ]
    }

    private func serve(_ server: APIServer) async {
        do {
            try await server.run()
        } catch {
            daemon.logger.critical("the API ended: \(error)")
        }
    }

    private func core() -> MastershipCore {
        var random = SystemRandomNumberGenerator()
        // Until the store has been read: the profile that etcd was started for.
        let raft = member.membership.withLockedValue { $0.raft }
        let profile = Profile.allCases.first { LocalMembership.RaftTiming($0.raft) == raft } ?? .unknownMachine
        return MastershipCore(
            node: member.node, session: random.next(), generation: epochs.generation, highest: epochs.highest,
            timing: profile.timing, seed: random.next())
    }

    private func apiServer() throws -> APIServer {
        let (configuration, member) = (daemon.configuration, member)
        return APIServer(
            control: member,
            listeners: [
                .local(path: configuration.clusterdSocket),
                .users(path: configuration.usersSocket),
                .console(path: configuration.consoleSocket),
                .nodes(port: configuration.clusterPort, tls: try member.identity.mutualServerTLS()) {
                    try member.requireMember(NodeID(peer: $0))
                },
            ], forwarder: HTTPForwarder(client: forwardClient), metricsText: { daemon.metrics.text() },
            group: daemon.group, logger: daemon.logger)
    }

    /// Only the thread that holds the deadline: a busy API must not have priority over it, nor over etcd.
    private func takePriority() {
        let logger = daemon.logger
        deadlineGroup.next().execute {
            do throws(SystemError) {
                try RealTime.scheduleRoundRobin()
                try RealTime.lockMemory()
            } catch {
                logger.warning("no real-time priority, failover may be slower to stay safe: \(error)")
            }
        }
    }

    private func close() async throws {
        member.vip.close()
        try await deadlineStore.shutdown()
        try await store.shutdown()
        try await peerClient.shutdown()
        try await forwardClient.shutdown()
        try await deadlineGroup.shutdownGracefully()
    }
}
