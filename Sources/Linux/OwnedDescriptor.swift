import Glibc

/// A file descriptor with one owner, closed when the owner goes.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// For system calls while the owner lives.
    public let raw: Int32

    /// Takes over a descriptor that nobody else closes.
    ///
    /// - Precondition: not negative.
    public init(taking raw: Int32) {
        precondition(raw >= 0, "\(raw) is not a descriptor")
        self.raw = raw
    }

    deinit {
        // EINTR closes the descriptor too on Linux; only EBADF would be a mistake of ours.
        let result = Glibc.close(raw)
        precondition(result == 0 || errno != EBADF, "descriptor \(raw) was closed by somebody else")
    }

    /// Gives the descriptor away: the caller closes it.
    public consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    /// Opens a file; O_CLOEXEC is added.
    ///
    /// - Throws: `SystemError` that names the path.
    public static func open(
        _ path: String, flags: Int32, mode: mode_t = 0o600
    ) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try systemCall("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) })
    }

    /// Writes all bytes, however many calls it takes.
    ///
    /// - Throws: `SystemError` (ENOSPC with a full disk).
    public func write(_ bytes: some Collection<UInt8>, subject: @autoclosure () -> String) throws(SystemError) {
        let copy = ContiguousArray(bytes)
        var written = 0
        while written < copy.count {
            written += try systemCall("write", subject()) {
                copy.withUnsafeBytes { Glibc.write(raw, $0.baseAddress! + written, $0.count - written) }
            }
        }
    }

    /// Reads until the end of the file.
    ///
    /// - Throws: `SystemError`; EFBIG past the limit.
    public func readAll(limit: Int, subject: @autoclosure () -> String) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = try systemCall("read", subject()) {
                chunk.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress!, $0.count) }
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw SystemError(operation: "read", subject: subject(), errno: EFBIG)
            }
        }
    }
}
