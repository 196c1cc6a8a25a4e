import CLinux
import Glibc

/// Network namespaces of the calling thread (network_namespaces(7)).
public enum NetworkNamespace {
    /// Moves the calling thread into a new, empty namespace.
    ///
    /// - Throws: `SystemError`; EPERM without CAP_SYS_ADMIN.
    public static func unshare() throws(SystemError) {
        try systemCall("make a network namespace") { clinux_unshare_network() }
    }

    /// - Returns: the namespace of the calling thread, to keep it or to enter it from another thread.
    /// - Throws: `SystemError`.
    public static func current() throws(SystemError) -> OwnedDescriptor {
        try .open("/proc/thread-self/ns/net", flags: O_RDONLY)
    }

    /// Moves the calling thread.
    ///
    /// - Throws: `SystemError`; EPERM without CAP_SYS_ADMIN.
    public static func enter(_ namespace: borrowing OwnedDescriptor) throws(SystemError) {
        let raw = namespace.raw
        try systemCall("enter a network namespace") { clinux_enter_namespace(raw) }
    }
}
