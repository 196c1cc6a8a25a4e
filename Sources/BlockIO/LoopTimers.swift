import Primitives

/// A moment that somebody on a loop waits for.
public struct LoopTimer: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// The timers of one loop: few, so a sorted array is all that they need.
struct LoopTimers {
    private struct Entry {
        let moment: Instant
        let timer: LoopTimer
        let body: () -> Void
    }

    /// The next one is the last.
    private var entries: [Entry] = []
    private var last: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }
    var next: Instant? { entries.last?.moment }

    mutating func add(at moment: Instant, _ body: @escaping () -> Void) -> LoopTimer {
        last += 1
        let entry = Entry(moment: moment, timer: LoopTimer(number: last), body: body)
        // Of two at one moment the earlier one fires first.
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].moment > moment { low = middle + 1 } else { high = middle }
        }
        entries.insert(entry, at: low)
        return entry.timer
    }

    mutating func remove(_ timer: LoopTimer) {
        entries.removeAll { $0.timer == timer }
    }

    /// - Returns: what is due, taken out.
    mutating func takeDue(at now: Instant) -> (() -> Void)? {
        guard let next, next <= now else { return nil }
        return entries.removeLast().body
    }
}
