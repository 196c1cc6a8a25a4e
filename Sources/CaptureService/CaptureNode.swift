import CaptureProtocol
import ConfigurationCore
import Linux
import Logging
import NIOCore
import NIOPosix

/// Everything that this node's capture daemon keeps. It lives on one event loop: connections, cores and assignments
/// are touched there only; disks work on loops of their own.
final class CaptureNode: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let control: any Channel

    private init(group: MultiThreadedEventLoopGroup, control: any Channel) {
        self.group = group
        self.control = control
    }

    static func start(_ configuration: NodeConfiguration, logger: Logger) async throws -> CaptureNode {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try DurableFile.makeFolder(configuration.run)
            try DurableFile.makeFolder(configuration.journalDirectory, mode: 0o700)
            let control = try await ControlSocket.listen(configuration.capturedSocket, on: group.next()) { _, loop in
                loop.makeSucceededFuture(.status([]))
            }
            return CaptureNode(group: group, control: control)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    func stop() async throws {
        try await control.close().get()
        try await group.shutdownGracefully()
    }
}
