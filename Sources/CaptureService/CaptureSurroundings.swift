import ConfigurationCore
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

    static let now: @Sendable () -> WallTime = {
        WallTime(secondsSince1970: Int64(WallClock.now / 1_000_000_000))
    }
}
