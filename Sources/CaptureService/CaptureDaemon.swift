import CaptureProtocol
import ConfigurationCore
import Linux
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// keelson-captured: takes the streams of protected machines on TCP `capture.port`, keeps their journals, passes them
/// on to the other node of their assignment, and serves any point over NBD.
public struct CaptureDaemon: Sendable {
    private let configuration: NodeConfiguration
    private let logger: Logger

    public init(configuration: NodeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: what is wrong with the daemon's files or sockets.
    public func run() async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [CaptureRun(configuration: configuration, logger: logger)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

/// From start to the signal.
private struct CaptureRun: Service {
    let configuration: NodeConfiguration
    let logger: Logger

    func run() async throws {
        let node = try await CaptureNode.start(configuration, logger: logger)
        do { try await gracefulShutdown() } catch is CancellationError {}
        try await node.stop()
    }
}
