import Primitives

/// How long to wait before a process that ended by itself is started again.
public struct RestartPolicy: Equatable, Sendable {
    /// Whether the first start after a quiet time comes without a pause.
    public let firstAtOnce: Bool
    public let shortest: Span
    public let longest: Span
    /// After so long in good health earlier ends are forgotten.
    public let forgetAfter: Span

    /// For what a cluster waits for: the first time at once.
    public static let atOnce = RestartPolicy(
        firstAtOnce: true, shortest: .milliseconds(50), longest: .seconds(10), forgetAfter: .seconds(60))
    public static let gentle = RestartPolicy(
        firstAtOnce: false, shortest: .milliseconds(50), longest: .seconds(10), forgetAfter: .seconds(60))

    /// The pause after that many ends in a row before this one; doubles up to the longest.
    public func pause(afterEarlierEnds ends: Int) -> Span {
        precondition(ends >= 0, "ends are counted from 0")
        if firstAtOnce, ends == 0 { return .zero }
        let doublings = firstAtOnce ? ends - 1 : ends
        guard doublings < 32 else { return longest }
        return min(longest, shortest * (1 << Int64(doublings)))
    }
}
