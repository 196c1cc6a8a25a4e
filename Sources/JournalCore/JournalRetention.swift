/// How long points are kept.
public struct JournalRetention: Hashable, Sendable {
    /// Every point of so many nanoseconds ahead of the newest one is kept.
    public var window: UInt64
    /// Nothing is folded while it is true.
    public var isHeld: Bool

    public init(window: UInt64, isHeld: Bool = false) {
        self.window = window
        self.isHeld = isHeld
    }

    /// 24 hours.
    public static let standard = JournalRetention(window: 86_400_000_000_000)
}

/// A sealed segment as its points are concerned.
public struct SegmentPoints: Hashable, Sendable {
    /// The journal's number of its last record.
    public let lastOrdinal: UInt64
    public let pointCount: UInt32
    /// Wall clock at the source, nanoseconds since 1970, of its youngest point; 0 without one.
    public let greatestTime: UInt64

    public init(lastOrdinal: UInt64, pointCount: UInt32, greatestTime: UInt64) {
        self.lastOrdinal = lastOrdinal
        self.pointCount = pointCount
        self.greatestTime = greatestTime
    }
}

extension JournalRetention {
    /// How many of the oldest sealed segments may be folded: all of their points are older than the window.
    ///
    /// - Parameters:
    ///   - newest: wall clock of the newest point. The source's clock counts: while the source is away, nothing ages.
    ///   - pin: the oldest record that somebody reads at; nil when nobody does.
    public func foldable(_ segments: [SegmentPoints], newest: UInt64, pin: UInt64?) -> Int {
        guard !isHeld, newest > window else { return 0 }
        let limit = newest - window
        var count = 0
        for (index, segment) in segments.enumerated() {
            // A clock that jumped back and forth: one young point keeps what is behind it.
            if segment.pointCount > 0, segment.greatestTime >= limit { break }
            if let pin, segment.lastOrdinal > pin { break }
            if segment.pointCount > 0 { count = index + 1 }
        }
        return count
    }
}
