import Glibc
import Linux

/// A process's output, `NAME.log` with older parts `NAME.log.1` to `.3`. The process writes by itself, so a slow or
/// full disk never blocks the supervisor's loop; the file is copied and cut when it gets large (a line that is written
/// in that moment may be lost).
struct LogFile: ~Copyable {
    static let largestBytes = 16 << 20
    static let olderParts = 3

    let path: String
    private let file: OwnedDescriptor

    /// - Throws: `SystemError` that names the path.
    init(_ path: String) throws(SystemError) {
        self.path = path
        file = try .open(path, flags: O_RDWR | O_CREAT | O_APPEND, mode: 0o640)
    }

    var descriptor: Int32 { file.raw }

    /// - Throws: `SystemError`; the log goes on growing then.
    func rotateIfLarge(_ limit: Int = Self.largestBytes) throws(SystemError) {
        var status = stat()
        try systemCall("look at", path) { fstat(file.raw, &status) }
        guard status.st_size > limit else { return }
        for part in stride(from: Self.olderParts - 1, through: 1, by: -1) {
            let result = rename("\(path).\(part)", "\(path).\(part + 1)")
            guard result == 0 || errno == ENOENT else {
                throw SystemError(operation: "rename", subject: "\(path).\(part)", errno: errno)
            }
        }
        let copy = try OwnedDescriptor.open("\(path).1", flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var offset: off_t = 0
        while true {
            let count = try systemCall("read", path) { pread(file.raw, &buffer, buffer.count, offset) }
            if count == 0 { break }
            try copy.write(buffer[..<count], subject: "\(path).1")
            offset += off_t(count)
        }
        // The process's descriptor appends, so it goes on at the new end.
        try systemCall("cut", path) { ftruncate(file.raw, 0) }
    }
}
