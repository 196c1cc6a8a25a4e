import Linux

/// Why a file or a disk cannot be used as a block device.
public enum BlockFileError: Error, Equatable, Sendable {
    case system(SystemError)
    /// A folder, a pipe, a terminal.
    case notADisk(path: String)
    /// Bytes that are no multiple of the block size.
    case oddSize(path: String, size: UInt64, blockSize: Int)
    /// The file system does not do transfers past its cache.
    case notDirect(path: String)
}

extension BlockFileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .notADisk(let path): "cannot use \(path): it is neither a file nor a disk"
        case .oddSize(let path, let size, let blockSize):
            "cannot use \(path): its \(size) bytes are no multiple of its block size of \(blockSize) bytes"
        case .notDirect(let path): "cannot use \(path): its file system has no direct transfers (O_DIRECT)"
        }
    }
}
