import CaptureProtocol
import Texts

/// Which points of a machine stay when they are older than its retention: the last of each span.
public struct KeepRule: Codable, Equatable, Sendable {
    /// One point of so many seconds, 60 to 31 622 400; spans count from 1970, in UTC.
    public var everySeconds: Int
    /// Until it is so old; `everySeconds` to 316 224 000 (ten years).
    public var forSeconds: Int

    public init(everySeconds: Int, forSeconds: Int) {
        self.everySeconds = everySeconds
        self.forSeconds = forSeconds
    }
}

extension KeepRule: CustomStringConvertible {
    /// `EVERY/FOR`, as `1h/7d`.
    /// - Returns: nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let every = Figures.seconds(parts[0]), let age = Figures.seconds(parts[1]) else {
            return nil
        }
        self.init(everySeconds: every, forSeconds: age)
    }

    public var description: String { "\(Self.text(everySeconds))/\(Self.text(forSeconds))" }

    /// In the largest unit that gives a whole number.
    private static func text(_ seconds: Int) -> String {
        for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "m")] where seconds.isMultiple(of: unit) {
            return "\(seconds / unit)\(name)"
        }
        return "\(seconds)s"
    }
}

extension StreamAssignment.Retention.Keep {
    public init(_ rule: KeepRule) { self.init(every: UInt64(rule.everySeconds), age: UInt64(rule.forSeconds)) }
}

extension KeepRule {
    public init(_ keep: StreamAssignment.Retention.Keep) {
        self.init(everySeconds: Int(clamping: keep.every), forSeconds: Int(clamping: keep.age))
    }
}
