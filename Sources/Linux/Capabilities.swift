import CLinux
import Glibc

/// Linux capabilities that programs of this house keep (capabilities(7)).
public enum Capability: UInt64, Sendable {
    case netBindService = 10
    case netAdmin = 12
    case netRaw = 13
    case ipcLock = 14
    case sysNice = 23
}

/// What a process may do.
public enum Privileges {
    /// Gives up every capability but these, for good, together with the chance to gain any by running a program.
    /// Applies to the calling thread: call it before other threads start.
    ///
    /// - Throws: `SystemError`.
    public static func keepOnly(_ capabilities: [Capability]) throws(SystemError) {
        let mask = capabilities.reduce(UInt64(0)) { $0 | 1 << $1.rawValue }
        try systemCall("forbid new privileges") { clinux_no_new_privileges() }
        try systemCall("give up capabilities") { clinux_keep_capabilities(mask) }
    }

    /// Whether the process runs as root.
    public static var isRoot: Bool { geteuid() == 0 }

    /// Asks the kernel to send this signal when the parent's thread that started this process ends.
    ///
    /// - Throws: `SystemError` for a signal that does not exist.
    public static func signalAtParentDeath(_ signal: Int32) throws(SystemError) {
        try systemCall("set the parent's death signal") { clinux_parent_death_signal(signal) }
    }

    /// From now on descendants whose parent has ended become this process's children, which it must collect
    /// (prctl(2), PR_SET_CHILD_SUBREAPER).
    ///
    /// - Throws: `SystemError`.
    public static func adoptOrphans() throws(SystemError) {
        try systemCall("adopt orphans") { clinux_adopt_orphans() }
    }
}
