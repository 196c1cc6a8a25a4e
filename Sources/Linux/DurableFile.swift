import Glibc

/// Files that survive a power cut whole: either the old or the new content, never a mixture.
public enum DurableFile {
    /// Writes beside the file, flushes, renames over it and flushes the folder. A failed flush is thrown, not tried
    /// again: the kernel may have dropped the dirty pages.
    ///
    /// - Throws: `SystemError` that names the path; the old file is untouched unless only the folder's flush failed.
    public static func replace(_ path: String, with bytes: some Collection<UInt8>, mode: mode_t) throws(SystemError) {
        let temporary = path + ".new"
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            // The umask narrows open's mode and a leftover of an earlier life keeps its own.
            try systemCall("set the mode of", temporary) { fchmod(file.raw, mode) }
            try file.write(bytes, subject: temporary)
            try systemCall("flush", temporary) { fsync(file.raw) }
            try systemCall("rename over", path) { rename(temporary, path) }
        } catch {
            // Best effort: the error that is thrown says what matters.
            unlink(temporary)
            throw error
        }
        try flushFolder(of: path)
    }

    /// - Returns: nil when there is no such file.
    /// - Throws: `SystemError`; EFBIG when the file is longer than the limit (bytes).
    public static func read(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
            return try file.readAll(limit: limit, subject: path)
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// The last bytes of a file, for logs; of a file under /proc, whose size is not known, the first.
    ///
    /// - Returns: nil when there is no such file.
    /// - Throws: `SystemError` that names the path.
    public static func readEnd(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
            return try end(of: file.raw, path, limit)
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    private static func end(of file: Int32, _ path: String, _ limit: Int) throws(SystemError) -> [UInt8] {
        var status = stat()
        try systemCall("look at", path) { fstat(file, &status) }
        if status.st_size > limit {
            try systemCall("go to the end of", path) { lseek(file, off_t(-limit), SEEK_END) }
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = try systemCall("read", path) {
                chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress!, min($0.count, limit - bytes.count)) }
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Removes the file, if there is one, and flushes the folder.
    ///
    /// - Throws: `SystemError` that names the path.
    public static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try systemCall("remove", path) { unlink(path) }
        } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        try flushFolder(of: path)
    }

    /// Makes the folder and those above it that are missing. A folder that is there keeps its mode.
    ///
    /// - Throws: `SystemError` that names the folder that could not be made.
    public static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
        var current = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            current += (current.isEmpty || current.hasSuffix("/") ? "" : "/") + part
            do throws(SystemError) {
                try systemCall("make the folder", current) { mkdir(current, mode) }
            } catch {
                if error.errno != EEXIST { throw error }
            }
        }
    }

    private static func flushFolder(of path: String) throws(SystemError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = try OwnedDescriptor.open(folder, flags: O_RDONLY | O_DIRECTORY)
        try systemCall("flush the folder", folder) { fsync(descriptor.raw) }
    }
}
