import CLinux
import Primitives

/// CLOCK_BOOTTIME: never set, never slewed by hand, counts suspended time. The only clock for deadlines.
public enum BootClock {
    /// The moment of the call.
    public static var now: Instant { Instant(nanoseconds: clinux_boot_nanoseconds()) }
}
