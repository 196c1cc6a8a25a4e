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

/// A node that belongs to no cluster: only the local socket.
struct SetupService: Service {
    let daemon: ClusterDaemon

    func run() async throws {
        let node = try InstalledNode(
            configuration: daemon.configuration,
            probes: NetworkProbes(configuration: daemon.configuration, group: daemon.group), logger: daemon.logger)
        node.announceCode()
        try await APIServer(
            control: node, listeners: [.local(path: daemon.configuration.clusterdSocket)],
            metricsText: { daemon.metrics.text() }, group: daemon.group, logger: daemon.logger
        ).run()
    }
}
