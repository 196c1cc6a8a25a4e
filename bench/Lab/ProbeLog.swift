import Foundation
import Primitives

/// The client's rows as they arrive, with waiting for what they show. Filled by one reader thread.
public final class ProbeLog: @unchecked Sendable {
    private let changed = NSCondition()
    private var rows: [ProbeRow] = []

    public init() {}

    /// Adds what the client has just reported.
    public func append(_ row: ProbeRow) {
        changed.lock()
        rows.append(row)
        changed.broadcast()
        changed.unlock()
    }

    /// Rows that ended after the given moment.
    public func rows(_ target: ProbeRow.Target, since moment: Instant) -> [ProbeRow] {
        changed.lock()
        defer { changed.unlock() }
        return recent(target, since: moment)
    }

    /// Forgets what ended before the given moment.
    public func forget(before moment: Instant) {
        changed.lock()
        rows.removeAll { $0.end < moment }
        changed.unlock()
    }

    /// Waits until the rows since a moment show something.
    /// - Returns: nil when the deadline passes first.
    public func wait<T>(
        _ target: ProbeRow.Target, since moment: Instant, until deadline: Instant, for condition: ([ProbeRow]) -> T?
    ) -> T? {
        changed.lock()
        defer { changed.unlock() }
        while true {
            if let found = condition(recent(target, since: moment)) { return found }
            let left = deadline - LabClock.now()
            guard left > .zero else { return nil }
            _ = changed.wait(until: Date(timeIntervalSinceNow: min(left.seconds, 0.05)))
        }
    }

    /// Waits until one node has answered a number of requests in a row.
    /// - Throws: `LabError` when that does not happen in time.
    public func waitForSteadyAnswer(
        _ target: ProbeRow.Target, requests: Int = 40, within limit: Span
    ) throws(LabError) -> String {
        let start = LabClock.now()
        let answer = wait(target, since: start, until: start + limit) { rows -> String? in
            let last = rows.sorted { $0.end < $1.end }.suffix(requests).map(\.answer)
            guard last.count == requests, let first = last[0], last.allSatisfy({ $0 == first }) else { return nil }
            return first
        }
        guard let answer else {
            throw LabError("The VIP's \(target.rawValue) was not answered steadily by one node in \(limit.seconds) s.")
        }
        return answer
    }

    private func recent(_ target: ProbeRow.Target, since moment: Instant) -> [ProbeRow] {
        // Rows arrive in the order of their end, apart from the two targets' small differences.
        let start = rows.lastIndex { $0.end <= moment - .milliseconds(20) }.map { $0 + 1 } ?? 0
        return rows[start...].filter { $0.target == target && $0.end > moment }
    }
}
