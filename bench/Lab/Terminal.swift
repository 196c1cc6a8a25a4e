import Glibc
import Synchronization

/// Lines for people, whole even when several threads write.
public enum Terminal {
    private static let lock = Mutex(())

    public static var isInteractive: Bool { isatty(1) == 1 }

    /// One line to standard output.
    public static func say(_ line: String) { write("\(line)\n", to: 1) }

    /// One line to standard error.
    public static func complain(_ line: String) { write("\(line)\n", to: 2) }

    /// Text as it is, for a redrawn screen.
    public static func draw(_ text: String) { write(text, to: 1) }

    /// Writes everything.
    /// - Returns: false when the reader is gone.
    @discardableResult
    public static func write(_ text: String, to descriptor: Int32) -> Bool {
        lock.withLock { _ in
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                bytes = bytes.dropFirst(count)
            }
            return true
        }
    }
}
