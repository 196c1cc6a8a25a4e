import Glibc
import Linux
import Primitives

/// Tells systemd how the supervisor is (sd_notify(3)); does nothing when systemd is not there.
struct ServiceNotifier {
    private let socket: String?
    /// How often the watchdog wants to hear: half of what systemd allows.
    let watchdogInterval: Span?

    init() {
        socket = ChildEnvironment.value("NOTIFY_SOCKET")
        let isOurs = ChildEnvironment.value("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
        let allowed = isOurs ? ChildEnvironment.value("WATCHDOG_USEC").flatMap { Int64($0) } : nil
        watchdogInterval = socket == nil ? nil : allowed.map { Span.microseconds($0 / 2) }
    }

    /// - Throws: `SystemError` when systemd's socket takes nothing.
    func notify(_ state: String) throws(SystemError) {
        guard let socket else { return }
        try UnixSocket.sendDatagram(state, to: socket)
    }
}
