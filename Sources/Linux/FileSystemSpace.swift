import Glibc

/// How much room a file system has.
public struct FileSystemSpace: Equatable, Sendable {
    /// In bytes.
    public let total: UInt64
    /// All that is not used, in bytes.
    public let free: UInt64
    /// What of it an ordinary program may take, in bytes.
    public let available: UInt64

    /// - Parameter folder: any folder on it.
    /// - Throws: `SystemError`.
    public init(of folder: String) throws(SystemError) {
        var status = statvfs()
        try systemCall("look at the file system of", folder) { statvfs(folder, &status) }
        let size = UInt64(status.f_frsize)
        total = UInt64(status.f_blocks) * size
        free = UInt64(status.f_bfree) * size
        available = UInt64(status.f_bavail) * size
    }
}
