import Glibc
import Linux

/// Size and last change of a file.
struct FileFacts {
    /// Bytes.
    let size: UInt64
    /// Nanoseconds since 1970; 0 for a disk, whose changes nobody notes.
    let changed: UInt64

    /// - Throws: `SystemError` that names the path.
    init(_ path: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        var status = stat()
        try systemCall("look at", path) { fstat(file.raw, &status) }
        size = UInt64(max(0, status.st_size))
        let isFile = status.st_mode & S_IFMT == S_IFREG
        changed = isFile ? UInt64(status.st_mtim.tv_sec) * 1_000_000_000 + UInt64(status.st_mtim.tv_nsec) : 0
    }
}
