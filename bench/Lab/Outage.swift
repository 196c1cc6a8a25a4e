import Primitives

/// What a client saw of one takeover.
public struct Outage: Equatable, Sendable {
    /// From the start of the first request that failed to the first answer of the new holder.
    public let duration: Span
    /// From the fault to the first answer of the new holder.
    public let sinceFault: Span
    /// Name of the new holder.
    public let newHolder: String
    /// When the new holder answered first.
    public let firstAnswer: Instant

    /// - Parameters:
    ///   - rows: the requests to one target, in any order.
    ///   - fault: when the fault was made.
    ///   - old: the holder's name until then.
    /// - Returns: nil as long as no other node has answered.
    public init?(rows: [ProbeRow], fault: Instant, old: String) {
        let answers = rows.filter { $0.answer != nil && $0.answer != old && $0.end > fault }
        guard let first = answers.min(by: { $0.end < $1.end }), let answer = first.answer else { return nil }
        // A request that was under way when the fault came began a little earlier.
        let failures = rows.filter { $0.answer == nil && $0.start > fault - .milliseconds(300) && $0.start < first.end }
        let begin = failures.map(\.start).min() ?? first.start
        duration = first.end - begin
        sinceFault = first.end - fault
        newHolder = answer
        firstAnswer = first.end
    }
}

extension Outage {
    /// How often the answer changed after the new holder's first answer: to another node, to nobody, and back.
    public static func changes(rows: [ProbeRow], after firstAnswer: Instant) -> Int {
        let later = rows.filter { row in
            row.end >= firstAnswer && (row.answer != nil || row.start > firstAnswer)
        }
        let answers = later.sorted { $0.end < $1.end }.map(\.answer)
        return zip(answers, answers.dropFirst()).count { $0 != $1 }
    }

    /// The first time after the takeover at which nobody answered for a while, in words: where to look in the logs.
    static func laterGap(rows: [ProbeRow], after outage: Outage) -> String? {
        let good = rows.filter { $0.answer != nil && $0.end >= outage.firstAnswer }.sorted { $0.end < $1.end }
        for (before, after) in zip(good, good.dropFirst()) where after.end - before.end > .milliseconds(50) {
            return "no answer for \(after.end - before.end), \(before.end - outage.firstAnswer) after the takeover: "
                + "\(before.answer ?? "-") → \(after.answer ?? "-")"
        }
        return nil
    }

    /// From the old holder's last answer to the first answer of any other node; negative when both answered at once.
    /// A later return of the old holder by right (another takeover) is not known here: the rows must end before.
    /// - Returns: nil when one of the two never answered.
    public static func margin(rows: [ProbeRow], fault: Instant, old: String) -> Span? {
        let last = rows.filter { $0.answer == old }.map(\.end).max()
        let first = rows.filter { $0.answer != nil && $0.answer != old && $0.end > fault }.map(\.end).min()
        guard let last, let first else { return nil }
        return first - last
    }

    /// Nodes that answered, one after the other, each once as long as nobody else answered between: two nodes that
    /// answer at once appear again and again.
    public static func holders(_ rows: [ProbeRow]) -> [String] {
        var holders: [String] = []
        for row in rows.sorted(by: { $0.end < $1.end }) {
            if let answer = row.answer, holders.last != answer { holders.append(answer) }
        }
        return holders
    }
}
