import Glibc

/// What a node of the lab has beside its network.
public struct LabHardware: Sendable {
    /// Size of a disk of its own for the node's data; nil: the machine's disk.
    public var diskMiB: Int?
    /// A wall clock that can be moved (libfaketime).
    public var hasOwnClock: Bool

    public init(diskMiB: Int? = nil, hasOwnClock: Bool = false) {
        self.diskMiB = diskMiB
        self.hasOwnClock = hasOwnClock
    }

    /// Path of libfaketime; nil when it is not installed.
    public static var clockLibrary: String? {
        for architecture in ["x86_64", "aarch64"] {
            let path = "/usr/lib/\(architecture)-linux-gnu/faketime/libfaketimeMT.so.1"
            if access(path, R_OK) == 0 { return path }
        }
        return nil
    }
}
