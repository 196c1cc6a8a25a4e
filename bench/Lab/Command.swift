import Glibc
import Primitives
import Synchronization

/// A program run to its end, for its answer: `ip`, `nft`, `keelson`.
public enum Command {
    /// What a finished program said.
    public struct Result: Sendable {
        /// The exit code; 128 plus the signal's number when a signal ended it.
        public let code: Int32
        /// Standard output and standard error, as they came.
        public let text: String
    }

    /// Runs a program and requires success.
    /// - Throws: `LabError` with what the program said when it fails or does not end in time.
    @discardableResult
    public static func run(
        _ arguments: [String], input: String = "", within limit: Span = .seconds(30)
    ) throws(LabError) -> String {
        let result = try attempt(arguments, input: input, within: limit)
        guard result.code == 0 else {
            let said = result.text.split(separator: "\n").suffix(5).joined(separator: " / ")
            throw LabError("'\(arguments.joined(separator: " "))' ended with code \(result.code): \(said)")
        }
        return result.text
    }

    /// Runs a program, whatever it answers.
    /// - Throws: `LabError` when it cannot be started or does not end in time (it is killed then).
    public static func attempt(
        _ arguments: [String], input: String = "", within limit: Span = .seconds(30)
    ) throws(LabError) -> Result {
        let question = try Pipe()
        let answer = try Pipe()
        let child = try ChildProcess.start(
            arguments, input: question.reading, output: .descriptor(answer.writing))
        answer.closeWriting()
        // Every input of the lab is far below a pipe's 64 KiB: one write, no deadlock.
        let sent = question.send(input)
        question.closeWriting()
        let deadline = LabClock.now() + limit
        let bytes = answer.receive(until: deadline)
        guard let bytes, let status = child.wait(until: deadline) else {
            child.killAndCollect()
            throw LabError("'\(arguments.joined(separator: " "))' did not end within \(limit.seconds) s.")
        }
        guard sent else { throw LabError("'\(arguments.joined(separator: " "))' did not take its input.") }
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return Result(code: code, text: String(decoding: bytes, as: UTF8.self))
    }
}

/// A pipe whose ends close with it; not inherited by other children.
final class Pipe: @unchecked Sendable {
    let reading: Int32
    let writing: Int32
    private var writingIsOpen = true

    init() throws(LabError) {
        var ends: [Int32] = [0, 0]
        let failure = ChildProcess.inheritance.withLock { _ -> Int32? in
            guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else { return errno }
            return nil
        }
        if let failure { throw .system("Making a pipe", failure) }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        closeWriting()
    }

    func closeWriting() {
        if writingIsOpen { close(writing) }
        writingIsOpen = false
    }

    /// - Returns: false when the reader was gone before it took everything.
    func send(_ text: String) -> Bool {
        var bytes = Array(text.utf8)
        return bytes.withUnsafeMutableBytes { buffer in
            buffer.isEmpty || write(writing, buffer.baseAddress, buffer.count) == buffer.count
        }
    }

    /// Reads to the end.
    /// - Returns: nil when the end did not come until the deadline.
    func receive(until deadline: Instant) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let left = deadline - LabClock.now()
            guard left > .zero else { return nil }
            var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, Int32(clamping: left.milliseconds + 1)) > 0 else { continue }
            let count = read(reading, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        }
    }
}
