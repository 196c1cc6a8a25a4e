/// How long points are kept.
public struct JournalRetention: Hashable, Sendable {
    /// Every point of so many nanoseconds ahead of the newest one is kept.
    public var window: UInt64
    /// Nothing is folded while it is true.
    public var isHeld: Bool
    /// Which points stay behind the window; none when it is empty.
    public var keep: [Keep]

    /// The last point of each span of `every` nanoseconds is kept until it is `age` nanoseconds old.
    public struct Keep: Hashable, Sendable {
        public var every: UInt64
        public var age: UInt64

        public init(every: UInt64, age: UInt64) {
            precondition(every > 0, "points are kept at least a nanosecond apart")
            self.every = every
            self.age = age
        }

        /// Which span a moment lies in.
        func span(_ time: UInt64) -> UInt64 { time / every }
    }

    public init(window: UInt64, isHeld: Bool = false, keep: [Keep] = []) {
        self.window = window
        self.isHeld = isHeld
        self.keep = keep
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
    ///   - now: wall clock here. A point is old when both clocks say so: one that jumps ahead takes nothing away.
    ///   - pin: the oldest record that somebody reads at; nil when nobody does.
    public func foldable(_ segments: [SegmentPoints], newest: UInt64, now: UInt64, pin: UInt64?) -> Int {
        let end = min(newest, now)
        guard !isHeld, end > window else { return 0 }
        let limit = end - window
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

extension JournalRetention {
    /// Whether a point is the last one of a span, the next one being of the moment `next`.
    public func endsSpan(_ time: UInt64, next: UInt64) -> Bool {
        keep.contains { $0.span(time) != $0.span(next) }
    }

    /// The oldest of the kept points that need not be kept any more.
    ///
    /// - Parameters:
    ///   - times: of the kept points, from the oldest to the newest.
    ///   - next: of the point behind them.
    ///   - newest: wall clock of the newest point of all, or here, whichever is earlier.
    /// - Returns: its place in `times`; nil when all are needed.
    public func superfluous(_ times: [UInt64], next: UInt64, newest: UInt64) -> Int? {
        times.indices.first { index in
            let time = times[index]
            let following = index + 1 < times.count ? times[index + 1] : next
            return !keep.contains { rule in
                rule.span(time) != rule.span(following) && (newest <= time || newest - time <= rule.age)
            }
        }
    }
}
