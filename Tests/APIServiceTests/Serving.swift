import APIProtocol
import Logging
import NIOPosix

@testable import APIService

/// A server on real sockets for as long as a test's body runs.
enum Serving {
    /// Gives `body` the listeners' ports (0 for a Unix socket).
    static func run(
        _ control: FakeControl, _ listeners: [Listener], forwarder: (any RequestForwarder)? = nil,
        _ body: @Sendable ([Int]) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, announce) = AsyncStream.makeStream(of: (Int, Int).self)
        let server = APIServer(
            control: control, listeners: listeners, forwarder: forwarder, metricsText: { "" },
            group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            ready: { announce.yield(($0, $1 ?? 0)) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run()
                } catch is CancellationError {
                    return
                }
            }
            var found = Array(repeating: 0, count: listeners.count)
            var missing = listeners.count
            for await (index, port) in ports {
                found[index] = port
                missing -= 1
                if missing == 0 { break }
            }
            try await body(found)
            group.cancelAll()
        }
    }
}
