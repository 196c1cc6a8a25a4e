import Glibc
import Linux
import Primitives
import StreamProtocol
import TapCore

/// Frames that did not go out in time, as they are, in a preallocated file. Who lies where is in memory only: after a
/// restart the write-intent log says what the receiver may lack.
final class SpoolFile: @unchecked Sendable {
    // @unchecked: the descriptor is only used by calls that name their offset.

    struct Piece: @unchecked Sendable {
        // @unchecked: nobody writes to the bytes until they are in the file.
        let last: UInt64
        let bytes: UnsafeRawBufferPointer
        let offset: Int
    }

    let path: String
    /// Bytes.
    let capacity: Int
    private let descriptor: OwnedDescriptor

    /// Opens the file, or makes one with its space reserved. Blocks.
    ///
    /// - Throws: `SystemError` that names the path; ENOSPC when the space cannot be reserved.
    init(_ path: String, size: Int) throws(SystemError) {
        self.path = path
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
        try systemCall("resize", path) { ftruncate(file.raw, off_t(size)) }
        let code = posix_fallocate(file.raw, 0, off_t(size))
        guard code == 0 else { throw SystemError(operation: "reserve space for", subject: path, errno: code) }
        descriptor = file
        capacity = size
    }

    /// Writes frames and flushes once.
    ///
    /// - Throws: `SystemError`.
    func write(_ pieces: [Piece]) throws(SystemError) {
        for piece in pieces {
            var done = 0
            while done < piece.bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: piece.bytes[done...])
                done += try systemCall("write", path) {
                    pwrite(descriptor.raw, rest.baseAddress, rest.count, off_t(piece.offset + done))
                }
            }
        }
        try systemCall("flush", path) { fdatasync(descriptor.raw) }
    }

    /// - Throws: `SystemError`; EIO when the file is shorter than it was.
    func read(_ offset: Int, _ count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let taken = try systemCall("read", path) {
                bytes.withUnsafeMutableBytes {
                    pread(descriptor.raw, $0.baseAddress! + done, count - done, off_t(offset + done))
                }
            }
            guard taken > 0 else { throw SystemError(operation: "read", subject: path, errno: EIO) }
            done += taken
        }
        return bytes
    }
}
