import Primitives

/// How fast mastership is renewed, fenced and taken over. It travels inside the master's record: a contender's swap
/// only succeeds on the very record it read, so both sides always go by the same numbers and a change needs no
/// agreement round.
public struct Timing: Hashable, Sendable {
    /// Pause between the sending of two renewals.
    public let renew: Span
    /// From the sending of an acknowledged renewal to the moment at which the kernel cuts the master off.
    public let fence: Span
    /// Without news for this long, a voter takes over.
    public let take: Span
    /// A random part of up to this much is added to `take`, so that equal voters rarely collide.
    public let spread: Span

    /// The kernel's cut and the removal of the address take up to this long.
    public static let cutAllowance = Span.milliseconds(100)
    /// What must be left between the old holder's cut and the new one's takeover.
    public static let leastMargin = Span.milliseconds(90)

    /// - Throws: `UnsafeTiming` when the margin is too small or a renewal would come later than the fence.
    public init(renew: Span, fence: Span, take: Span, spread: Span) throws(UnsafeTiming) {
        guard renew > .zero, spread >= .zero, renew * 3 <= fence else {
            throw UnsafeTiming(text: "renewal every \(renew) is too seldom for a fence of \(fence): three must fit in")
        }
        let margin = Self.margin(fence: fence, take: take)
        guard margin >= Self.leastMargin else {
            throw UnsafeTiming(
                text: "takeover after \(take) leaves \(margin) after a fence of \(fence); "
                    + "it must leave at least \(Self.leastMargin)")
        }
        self.renew = renew
        self.fence = fence
        self.take = take
        self.spread = spread
    }

    /// What is left for the unexpected when both clocks are 1 % wrong, in opposite directions.
    static func margin(fence: Span, take: Span) -> Span {
        take * 99 / 100 - fence * 101 / 100 - cutAllowance
    }

    /// A renewal that has not been answered for this long is tried again elsewhere.
    public var attemptLimit: Span { min(.milliseconds(200), fence / 3) }
}

/// Timings that could let two nodes hold the address at once.
public struct UnsafeTiming: Error, Equatable, CustomStringConvertible {
    let text: String
    public var description: String { "unsafe timing: \(text)" }
}
