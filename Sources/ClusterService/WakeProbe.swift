import Glibc
import Linux
import Primitives

/// How late a thread with real-time priority wakes up from a short sleep.
enum WakeProbe {
    /// The 99.9th percentile of this many sleeps of one millisecond.
    static func percentile999(of count: Int) async throws -> Span {
        try await BlockingWork.run {
            var late: [Span] = []
            late.reserveCapacity(count)
            for _ in 0..<count {
                let due = BootClock.now + .milliseconds(1)
                var none: [pollfd] = []
                try Poller.wait(&none, until: due)
                late.append(BootClock.now - due)
            }
            return late.sorted()[max(0, count * 999 / 1_000 - 1)]
        }
    }
}
