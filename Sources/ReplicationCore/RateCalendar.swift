import CaptureProtocol
import Primitives

/// How fast a stream may be: the lowest rate of all windows of the calendar that hold now, kept by a token bucket of
/// half a second.
public struct RateCalendar: Sendable {
    public let limits: StreamAssignment.Limits
    private var tokens: Double = 0
    private var filledAt: Instant?
    private var lastRate: UInt64?

    static let burst = 0.5
    static let longestWait = Span.seconds(1)

    public init(_ limits: StreamAssignment.Limits = .none) { self.limits = limits }

    /// Bytes a second at a moment, nanoseconds since 1970; nil without a limit.
    public func rate(at wall: UInt64) -> UInt64? {
        let minutes = Int(wall / 60_000_000_000)
        let (day, minute) = (minutes / 1_440, minutes % 1_440)
        return limits.windows.filter { $0.holds(minute: minute, day: day) }.map(\.rate).min()
    }

    /// Takes the tokens for `bytes`. A frame that is larger than the bucket goes when the bucket is full.
    /// - Returns: nil when they may go now, else when to ask again.
    public mutating func take(_ bytes: Int, at now: Instant, wall: UInt64) -> Instant? {
        guard let rate = rate(at: wall) else {
            (lastRate, filledAt) = (nil, nil)
            return nil
        }
        let capacity = max(1, Double(rate) * Self.burst)
        if let filledAt, let lastRate {
            tokens = min(capacity, tokens + Double(lastRate) * max(0, (now - filledAt).seconds))
        } else {
            tokens = capacity
        }
        (filledAt, lastRate) = (now, rate)
        let needed = min(Double(bytes), capacity)
        guard tokens < needed else {
            tokens -= Double(bytes)
            return nil
        }
        // A window may end meanwhile.
        guard rate > 0 else { return now + Self.longestWait }
        let wait = Span(nanoseconds: Int64(min((needed - tokens) / Double(rate), 1) * 1e9) + 1)
        return now + min(wait, Self.longestWait)
    }
}

extension StreamAssignment.Limits.Window {
    /// - Parameter day: days since 1970-01-01, a Thursday.
    func holds(minute: Int, day: Int) -> Bool {
        if from < to { return minute >= from && minute < to && includes(day) }
        // Over midnight it belongs to the day on which it began.
        return minute >= from ? includes(day) : minute < to && includes(day - 1)
    }

    private func includes(_ day: Int) -> Bool { days.isEmpty || days.contains((day + 3) % 7 + 1) }
}
