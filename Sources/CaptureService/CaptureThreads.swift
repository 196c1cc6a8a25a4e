import BlockIO
import JournalStore
import Linux
import NIOCore
import NIOPosix

/// All threads of a capture daemon: one event loop for connections and cores, one loop for disks, and workers for what
/// blocks.
struct CaptureThreads: Sendable {
    let group: MultiThreadedEventLoopGroup
    let disk: JournalHost
    let workers: CaptureWorkers

    var loop: any EventLoop { group.any() }

    /// - Throws: `SystemError` when there are too many threads.
    init() throws(SystemError) {
        disk = try JournalHost(loop: try BlockLoop("captured-disk"))
        workers = CaptureWorkers()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    /// Ends them; nothing may be in use on the disks' loop.
    func stop() async throws {
        try await workers.stop()
        try await group.shutdownGracefully()
        disk.stop()
        disk.loop.stop()
    }
}
