import Glibc
import Primitives
import Synchronization

/// A long-running program that the lab started: its own session, default signals, output appended to a file or a pipe.
public struct ChildProcess: Sendable {
    /// Where standard output and standard error go.
    public enum Output: Sendable {
        case discard
        /// Appended to this file.
        case file(String)
        /// Both to this descriptor, which stays the caller's.
        case descriptor(Int32)
    }

    public let pid: pid_t

    /// POSIX_SPAWN_SETSID of glibc's spawn.h (2.26 and later), which its module shows only with _GNU_SOURCE.
    private static let setSession: Int32 = 0x80
    /// Held while a pipe is made and while a child is started, so that no child inherits another's pipe.
    static let inheritance = Mutex(())

    /// Starts a program found through PATH.
    ///
    /// The child is not tied to the starting thread (no parent-death signal): Swift's threads come and go.
    /// - Throws: `LabError` when the program does not exist or no process can be made.
    public static func start(
        _ arguments: [String], environment: [String: String] = [:], input: Int32? = nil, output: Output
    ) throws(LabError) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        switch output {
        case .discard: posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        case .file(let path): posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, 1)
        }
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | Self.setSession
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        let result = withCStrings(arguments) { argv in
            withCStrings(merged(environment)) { envp in
                inheritance.withLock { _ in posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, envp) }
            }
        }
        guard result == 0 else { throw .system("Starting \(arguments.joined(separator: " "))", result) }
        return ChildProcess(pid: pid)
    }

    /// Whether the program still runs. Collects its exit when it has ended.
    /// - Returns: nil while it runs, else the wait status.
    public func endedStatus() -> Int32? {
        var status: Int32 = 0
        let result = waitpid(pid, &status, WNOHANG)
        return result == 0 ? nil : status
    }

    public func signal(_ number: Int32) { kill(pid, number) }

    /// SIGKILL, then collects the exit.
    public func killAndCollect() {
        signal(SIGKILL)
        collect()
    }

    /// Blocks until the program has ended.
    /// - Returns: the wait status; -1 when it was collected before.
    @discardableResult
    public func collect() -> Int32 {
        var status: Int32 = 0
        while true {
            let result = waitpid(pid, &status, 0)
            if result == pid { return status }
            if result < 0, errno != EINTR { return -1 }
        }
    }

    /// Waits for the end until the deadline.
    /// - Returns: the wait status, or nil when the program still runs then.
    public func wait(until deadline: Instant) -> Int32? {
        while LabClock.now() < deadline {
            if let status = endedStatus() { return status }
            LabClock.pass(.milliseconds(5))
        }
        return endedStatus()
    }

    private static func merged(_ changes: [String: String]) -> [String] {
        var variables: [String] = []
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if changes[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
            entry += 1
        }
        return variables + changes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
