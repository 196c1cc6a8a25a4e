import APIService
import AsyncHTTPClient
import ConfigurationCore
import Etcd
import Identity
import Linux
import Logging
import MastershipCore
import MembershipCore
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import PrometheusMetrics
import ServiceLifecycle
import UnixSignals

/// keelson-clusterd: as a node in setup or as a member, by what lies in the data directory.
public struct ClusterDaemon: Sendable {
    let configuration: NodeConfiguration
    let metrics: PrometheusRegistry
    let logger: Logger

    public init(configuration: NodeConfiguration, metrics: PrometheusRegistry, logger: Logger) {
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT; a master hands over before it ends.
    /// - Throws: what is wrong with the node's own files, or with its sockets.
    public func run() async throws {
        let service: any Service
        if let membership = try MembershipFile.read(configuration.membershipPath) {
            service = try MemberService(daemon: self, membership: membership)
        } else {
            service = SetupService(daemon: self)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    /// The group on which the API and everything without a deadline runs.
    var group: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }
}

/// A node that belongs to no cluster.
struct SetupService: Service {
    let daemon: ClusterDaemon

    func run() async throws {
        let node = try InstalledNode(
            configuration: daemon.configuration,
            probes: NetworkProbes(configuration: daemon.configuration, group: daemon.group), logger: daemon.logger)
        node.announceCode()
        let server = APIServer(
            control: node,
            listeners: [
                .local(path: daemon.configuration.clusterdSocket), .users(path: daemon.configuration.usersSocket),
                .console(path: daemon.configuration.consoleSocket),
            ],
            metricsText: { daemon.metrics.text() }, group: daemon.group, logger: daemon.logger)
        // Not awaited to its very end: a node that waits for approval keeps a connection open, whose end can take seconds.
        // Everything is on the disk already, and the start as a member must not wait.
        let (ends, end) = AsyncStream.makeStream(of: (any Error)?.self)
        Task {
            do {
                try await server.run()
                end.yield(nil)
            } catch {
                end.yield(error)
            }
        }
        Task {
            await Self.waitForEnd()
            end.yield(nil)
        }
        for await error in ends {
            if let error { throw error }
            return
        }
    }

    /// Half a second is enough for answers that are on their way.
    private static func waitForEnd() async {
        do { try await gracefulShutdown() } catch {
            return  // The task was cancelled: the end is now.
        }
        _ = await Pause.survived(.milliseconds(500))
    }
}
