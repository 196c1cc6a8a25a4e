import Glibc
import Linux
import Primitives
import SupervisorCore

/// A program that is run to its end, with a limit, by a command that may block.
enum OneTask {
    struct Outcome {
        let cause: ExitCause
        let output: String
    }

    private static let largestOutput = 1 << 20

    /// - Throws: `SystemError` when it cannot be run; ETIMEDOUT when it took too long and was killed.
    static func run(
        _ program: String, _ arguments: [String], folder: String, limit: Span
    ) throws(SystemError) -> Outcome {
        var ends: [Int32] = [-1, -1]
        try systemCall("make a pipe") { pipe(&ends) }
        for end in ends { try systemCall("keep the pipe from children") { fcntl(end, F_SETFD, FD_CLOEXEC) } }
        let reading = OwnedDescriptor(taking: ends[0])
        let child: ChildProcess
        do {
            let writing = OwnedDescriptor(taking: ends[1])
            child = try ChildProcess(
                ChildRequest(
                    program: program, arguments: arguments, environment: ChildEnvironment.inherited(), folder: folder,
                    limits: .task),
                output: writing.raw, group: nil)
        }
        let deadline = BootClock.now + limit
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while output.count < largestOutput {
            guard try Poller.waitReadable(reading, until: deadline) else { throw try tookTooLong(child, program) }
            let count = try systemCall("read the output of", program) { read(reading.raw, &buffer, buffer.count) }
            if count == 0 { break }
            output += buffer[..<count]
        }
        // A closed output is not yet the end.
        guard try Poller.waitReadable(child.descriptor, until: deadline) else { throw try tookTooLong(child, program) }
        return Outcome(cause: try child.collect(), output: String(decoding: output, as: UTF8.self))
    }

    private static func tookTooLong(_ child: ChildProcess, _ program: String) throws(SystemError) -> SystemError {
        child.signal(SIGKILL)
        _ = try child.collect()
        return SystemError(operation: "wait for the end of", subject: program, errno: ETIMEDOUT)
    }
}
