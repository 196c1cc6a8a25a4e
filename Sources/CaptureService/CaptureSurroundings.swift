import ConfigurationCore
import Glibc
import Identity
import JoinCore
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives

/// What all streams of a node share.
struct CaptureSurroundings: Sendable {
    let configuration: NodeConfiguration
    let identity: IdentityBook
    let transport: StreamTransport
    let disk: JournalHost
    let journals: JournalConfiguration
    let workers: CaptureWorkers
    let logger: Logger

    var loop: any EventLoop { transport.loop }
    var node: NodeID { identity.identity.node }

    /// Nanoseconds since 1970.
    static var wallClock: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static let now: @Sendable () -> WallTime = {
        WallTime(secondsSince1970: Int64(wallClock / 1_000_000_000))
    }
}
