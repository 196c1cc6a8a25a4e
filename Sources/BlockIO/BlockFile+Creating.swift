import CLinux
import Glibc
import Linux

extension BlockFile {
    public enum Space: Sendable {
        /// Takes space as it is written.
        case sparse
        /// Has its space from the beginning, or ENOSPC.
        case reserved
    }

    /// Makes a file of zeros, flushed; the folder's entry is flushed by who needs it to last. Blocks.
    ///
    /// - Throws: `SystemError`; EEXIST when there is one already; ENOSPC, and nothing is left then.
    public static func create(_ path: String, size: UInt64, space: Space = .sparse) throws(SystemError) {
        guard size <= UInt64(Int64.max) else { throw SystemError(operation: "create", subject: path, errno: EFBIG) }
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT | O_EXCL)
        do throws(SystemError) {
            if space == .reserved, size > 0 {
                try systemCall("reserve space for", path) { clinux_reserve(file.raw, 0, Int64(size)) }
            } else {
                try systemCall("resize", path) { ftruncate(file.raw, off_t(size)) }
            }
            try systemCall("flush", path) { fsync(file.raw) }
        } catch {
            // Best effort: the error that is thrown says what matters.
            unlink(path)
            throw error
        }
    }
}
