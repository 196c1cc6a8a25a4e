import Primitives

/// Counts refused tokens by source address: after `limit` of them the address waits until `window` has passed since
/// the first. Holds at most `capacity` addresses; the oldest gives way.
public struct AttemptLimiter: Sendable {
    private struct Count {
        var first: Instant
        var refused: Int
    }

    private let limit: Int
    private let window: Span
    private let capacity: Int
    private var counts: [String: Count] = [:]

    public init(limit: Int = 10, window: Span = .seconds(60), capacity: Int = 4_096) {
        precondition(limit > 0 && capacity > 0, "a limiter needs room for one")
        self.limit = limit
        self.window = window
        self.capacity = capacity
    }

    /// - Returns: how long the address must still wait; nil when it may try.
    public func wait(for address: String, at now: Instant) -> Span? {
        guard let count = counts[address], count.refused >= limit else { return nil }
        let left = count.first + window - now
        return left > .zero ? left : nil
    }

    public mutating func refused(_ address: String, at now: Instant) {
        if var count = counts[address], now - count.first < window {
            count.refused += 1
            counts[address] = count
            return
        }
        if counts.count >= capacity, counts[address] == nil { makeRoom(at: now) }
        counts[address] = Count(first: now, refused: 1)
    }

    /// A good token clears the address.
    public mutating func accepted(_ address: String) { counts[address] = nil }

    private mutating func makeRoom(at now: Instant) {
        counts = counts.filter { now - $0.value.first < window }
        guard counts.count >= capacity,
            let oldest = counts.min(by: { ($0.value.first, $0.key) < ($1.value.first, $1.key) })
        else { return }
        counts[oldest.key] = nil
    }
}
