import Glibc
import Primitives

/// The clock that the lab, its client and the daemons share: CLOCK_BOOTTIME, the same for all namespaces of a machine.
public enum LabClock {
    public static func now() -> Instant {
        var time = timespec()
        let result = clock_gettime(CLOCK_BOOTTIME, &time)
        precondition(result == 0, "CLOCK_BOOTTIME exists since Linux 2.6.39")
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Lets the time pass: what a measurement does between two power cuts, so that their phases are independent.
    public static func pass(_ span: Span) {
        let end = now() + span
        while true {
            let left = end - now()
            guard left > .zero else { return }
            // poll(2) without descriptors rounds up to whole milliseconds.
            poll(nil, 0, Int32(clamping: left.milliseconds + 1))
        }
    }
}
