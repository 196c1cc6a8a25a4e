import CLinux

/// CLOCK_REALTIME: what people read. It jumps; no deadline is measured with it.
public enum WallClock {
    /// Nanoseconds since 1970 at the moment of the call.
    public static var now: UInt64 { clinux_wall_nanoseconds() }
}
