import Primitives

/// Notices `count` occurrences within `window`; remembers no more than that many moments.
struct Burst: Sendable {
    let count: Int
    let window: Span
    private var moments: [Instant] = []

    init(of count: Int, within window: Span) {
        self.count = count
        self.window = window
    }

    /// - Returns: whether this occurrence completes a burst; the counting then starts afresh.
    mutating func occurs(at now: Instant) -> Bool {
        moments.removeAll { now - $0 > window }
        moments.append(now)
        guard moments.count >= count else { return false }
        moments.removeAll(keepingCapacity: true)
        return true
    }

    mutating func clear() { moments.removeAll(keepingCapacity: true) }
}

/// How many of the measurements since it began were above a limit.
struct Share: Sendable {
    private(set) var all = 0
    private(set) var above = 0

    mutating func count(isAbove: Bool) {
        all += 1
        if isAbove { above += 1 }
    }

    /// Whether at most one in `denominator` was above, with enough measurements to say so (or none at all).
    func isAtMostOne(in denominator: Int) -> Bool { above * denominator <= all }
}
