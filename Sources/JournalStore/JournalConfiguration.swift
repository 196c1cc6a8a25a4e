import Linux
import Primitives

/// How a node keeps its journals.
public struct JournalConfiguration: Sendable {
    /// Bytes of a segment, with room for its footer; a multiple of 4096, at least 4 MiB, less than 4 GiB.
    public var segmentSize: Int
    /// Between two flushes of a journal: what comes within it becomes durable together.
    public var commitPause: Span
    /// Bytes of a file that is given up when the disk is full, so that folding can go on.
    public var reserve: Int
    /// How long the journal waits before it looks again whether there is room.
    public var roomPause: Span
    /// Nanoseconds since 1970: how old a point is at least.
    public var wallClock: @Sendable () -> UInt64

    public init(
        segmentSize: Int = 256 << 20, commitPause: Span = .milliseconds(2), reserve: Int = 64 << 20,
        roomPause: Span = .seconds(1), wallClock: @escaping @Sendable () -> UInt64 = { WallClock.now }
    ) {
        precondition(segmentSize % 4096 == 0 && (4 << 20..<4 << 30).contains(segmentSize), "\(segmentSize) bytes")
        self.segmentSize = segmentSize
        self.commitPause = commitPause
        self.reserve = reserve
        self.roomPause = roomPause
        self.wallClock = wallClock
    }

    public static let standard = JournalConfiguration()
}
