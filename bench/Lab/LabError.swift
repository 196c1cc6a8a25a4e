#if canImport(Glibc)
    import Glibc
#endif

/// Something the lab could not do: one sentence that names the operation, its subject and the cause.
public struct LabError: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// An operating system call that failed with the given errno.
    static func system(_ operation: String, _ code: Int32) -> LabError {
        LabError("\(operation) failed: \(String(cString: strerror(code))) (errno \(code)).")
    }
}
