import CLinux
import Glibc

/// What a daemon that holds a deadline asks of the scheduler and the memory.
public enum RealTime {
    /// Runs the calling thread, and threads that it starts later, round robin before all ordinary work. Processes that
    /// it starts are ordinary again (SCHED_RESET_ON_FORK).
    ///
    /// - Throws: `SystemError`; EPERM without CAP_SYS_NICE, or in a control group without real-time budget.
    public static func scheduleRoundRobin(priority: Int32 = 10) throws(SystemError) {
        try systemCall("get real-time scheduling (it needs CAP_SYS_NICE)", "SCHED_RR \(priority)") {
            clinux_round_robin(priority)
        }
    }

    /// Keeps every page of the process in memory once it was touched (MCL_ONFAULT: untouched pages cost nothing).
    ///
    /// - Returns: whether memory that is asked for later is locked without a limit (lifting it needs CAP_SYS_RESOURCE).
    ///   If not, the process must keep CAP_IPC_LOCK: without it the kernel refuses more memory past a few MiB.
    /// - Throws: `SystemError`; EPERM or ENOMEM without CAP_IPC_LOCK.
    @discardableResult
    public static func lockMemory() throws(SystemError) -> Bool {
        try systemCall("lock the process into memory (it needs CAP_IPC_LOCK)") { clinux_lock_memory() } == 1
    }
}
