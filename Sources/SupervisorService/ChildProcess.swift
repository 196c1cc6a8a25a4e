import CSpawn
import Glibc
import Linux
import SupervisorCore

/// What a child is started with.
struct ChildRequest: Sendable {
    let program: String
    let arguments: [String]
    /// `NAME=VALUE`.
    let environment: [String]
    /// Working directory.
    let folder: String
    let limits: ResourceLimits
}

/// A child of the supervisor: leads a process group of its own, and is killed by the kernel when the thread that
/// started it ends, however it ends.
final class ChildProcess {
    let pid: Int32
    /// Readable once the child has ended (pidfd_open(2)).
    let descriptor: OwnedDescriptor

    /// - Parameters:
    ///   - output: a descriptor for standard output and error; nil inherits.
    ///   - group: an open `cgroup.procs`; nil: none.
    /// - Throws: `SystemError` that names the program; no child exists then.
    init(_ request: ChildRequest, output: Int32?, group: Int32?) throws(SystemError) {
        var raw: Int32 = -1
        var step: Int32 = 0
        let started = Self.withStrings([request.program] + request.arguments) { arguments in
            Self.withStrings(request.environment) { environment in
                request.program.withCString { program in
                    request.folder.withCString { folder in
                        var description = cspawn_request(
                            program: program, arguments: arguments, environment: environment, folder: folder,
                            output: output ?? -1, group: group ?? -1, nice: request.limits.nice,
                            out_of_memory_score: request.limits.outOfMemoryScore,
                            open_files: request.limits.openFiles)
                        return cspawn_start(&description, &raw, &step)
                    }
                }
            }
        }
        guard started > 0 else {
            throw SystemError(operation: Self.operation(step), subject: request.program, errno: errno)
        }
        pid = started
        descriptor = OwnedDescriptor(taking: raw)
    }

    /// Sends the signal to the child's whole group.
    func signal(_ number: Int32) {
        // ESRCH: everything in the group has ended, which the descriptor reports.
        let result = kill(-pid, number)
        precondition(result == 0 || errno == ESRCH || errno == EPERM, "signal \(number) to \(pid): errno \(errno)")
    }

    /// Collects the ended child, and ends what is left of its group. Call when the descriptor is readable.
    func collect() throws(SystemError) -> ExitCause {
        // Before the child is collected: its number, which names the group, cannot be another's yet.
        signal(SIGKILL)
        var isSignal: Int32 = 0
        var value: Int32 = 0
        let result = cspawn_collect(pid, &isSignal, &value)
        guard result == 0 else {
            throw SystemError(operation: "collect the process", subject: "\(pid)", errno: errno)
        }
        return isSignal != 0 ? .signal(value) : .status(value)
    }

    private static func operation(_ step: Int32) -> String {
        switch cspawn_step(UInt32(bitPattern: step)) {
        case CSPAWN_ORPHANED: "tie to its parent"
        case CSPAWN_LIMITS: "set the limits of"
        case CSPAWN_GROUP: "set the group of"
        case CSPAWN_OUTPUT: "connect the output of"
        case CSPAWN_FOLDER: "enter the working directory of"
        case CSPAWN_EXECUTE: "run"
        default: "start"
        }
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
