import Glibc

/// The number under which a file system knows a file (inode), links followed.
public enum FileNumber {
    /// - Throws: `SystemError` that names the path.
    public static func of(_ path: String) throws(SystemError) -> UInt64 {
        var facts = stat()
        try systemCall("look at", path) { stat(path, &facts) }
        return UInt64(facts.st_ino)
    }
}
