import Primitives

/// Bytes a second over the last ten seconds.
struct RateMeter {
    private static let seconds = 10

    private var buckets = [UInt64](repeating: 0, count: seconds)
    private var second: Int64 = 0

    mutating func add(_ bytes: Int, at now: Instant) {
        advance(to: now)
        buckets[Int(second % Int64(Self.seconds))] += UInt64(bytes)
    }

    mutating func rate(at now: Instant) -> UInt64 {
        advance(to: now)
        return buckets.reduce(0, +) / UInt64(Self.seconds)
    }

    private mutating func advance(to now: Instant) {
        let current = now.nanoseconds / 1_000_000_000
        guard current > second else { return }
        for step in 1...min(current - second, Int64(Self.seconds)) {
            buckets[Int((second + step) % Int64(Self.seconds))] = 0
        }
        second = current
    }
}
