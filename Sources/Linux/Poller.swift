import CLinux
import Glibc
import Primitives

/// poll(2) over a handful of descriptors.
public enum Poller {
    /// Waits until one of the descriptors has something, or the moment has come.
    ///
    /// - Parameters:
    ///   - descriptors: their `revents` are filled in.
    ///   - deadline: nil waits for ever.
    /// - Returns: the number of descriptors with something; 0 at the deadline.
    /// - Throws: `SystemError`.
    @discardableResult
    public static func wait(_ descriptors: inout [pollfd], until deadline: Instant? = nil) throws(SystemError) -> Int {
        while true {
            let timeout = deadline.map { max(0, ($0 - BootClock.now).nanoseconds) } ?? -1
            let count = descriptors.withUnsafeMutableBytes { buffer in
                clinux_poll(buffer.baseAddress, UInt(buffer.count / MemoryLayout<pollfd>.stride), timeout)
            }
            if count >= 0 { return Int(count) }
            // Not through systemCall: a retry must count the time left anew.
            if errno != EINTR { throw unexpected(errno, "wait for descriptors", "") }
        }
    }

    /// Waits until the descriptor can be read.
    ///
    /// - Returns: false at the deadline.
    /// - Throws: `SystemError`.
    public static func waitReadable(
        _ descriptor: borrowing OwnedDescriptor, until deadline: Instant? = nil
    ) throws(SystemError) -> Bool {
        var set = [pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)]
        return try wait(&set, until: deadline) > 0
    }
}
