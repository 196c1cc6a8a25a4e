import CLinux
import Glibc
import Primitives

/// Signals as something to read. Make it before other threads start: they inherit that the signals are blocked.
public struct SignalDescriptor: ~Copyable {
    private let descriptor: OwnedDescriptor

    /// - Throws: `SystemError`.
    public init(_ signals: [Int32]) throws(SystemError) {
        let raw = try systemCall("watch signals") { clinux_signal_descriptor(signals, Int32(signals.count)) }
        descriptor = OwnedDescriptor(taking: raw)
    }

    /// For poll.
    public var raw: Int32 { descriptor.raw }

    /// - Returns: the number of a signal that has come, or nil.
    /// - Throws: `SystemError`.
    public func next() throws(SystemError) -> Int32? {
        try systemCallOrWouldBlock("read signals") { clinux_signal_read(descriptor.raw) }
    }
}

/// Wakes a thread that polls, from any other thread (eventfd(2)).
public struct WakeDescriptor: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// - Throws: `SystemError`.
    public init() throws(SystemError) {
        descriptor = OwnedDescriptor(taking: try systemCall("make an event") { clinux_event_descriptor() })
    }

    /// For poll.
    public var raw: Int32 { descriptor.raw }

    /// Makes the descriptor readable.
    public func wake() {
        var one: UInt64 = 1
        // EAGAIN: it is readable already, which is all that is wanted.
        let written = Glibc.write(raw, &one, 8)
        precondition(written == 8 || errno == EAGAIN || errno == EINTR, "an event could not be written: errno \(errno)")
    }

    /// Makes it unreadable again.
    public func clear() {
        var count: UInt64 = 0
        _ = Glibc.read(raw, &count, 8)
    }
}

/// A moment of the boot clock as something to read (timerfd(2)); passes also while the machine sleeps.
public struct TimerDescriptor: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var armed: Instant?

    /// - Throws: `SystemError`.
    public init() throws(SystemError) {
        descriptor = OwnedDescriptor(taking: try systemCall("make a timer") { clinux_timer_descriptor() })
    }

    /// For poll.
    public var raw: Int32 { descriptor.raw }

    /// Becomes readable at the moment (at once when it has passed); nil: never. Costs nothing when nothing changes.
    ///
    /// - Throws: `SystemError`.
    public mutating func arm(_ moment: Instant?) throws(SystemError) {
        guard moment != armed else { return }
        let nanoseconds = moment.map { max(1, $0.nanoseconds) } ?? 0
        try systemCall("set a timer") { clinux_timer_set(descriptor.raw, nanoseconds) }
        armed = moment
    }

    /// Makes it unreadable again after it fired.
    public mutating func clear() {
        var count: UInt64 = 0
        _ = Glibc.read(raw, &count, 8)
        armed = nil
    }
}
