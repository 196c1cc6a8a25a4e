import BlockIO
import Glibc
import Linux
import Primitives
import Synchronization

/// Our own block engine under fio's kind of load: so many transfers under way, a new one for each that is done.
final class BlockLoad: BlockClient, @unchecked Sendable {
    // @unchecked: used on its loop; the thread that waits for it reads `done` after the signal.
    private let file: BlockFile
    private let pattern: FioRun.Pattern
    private let blocks: UInt64
    private let memory: UnsafeMutableRawPointer
    private let end: Instant
    private var random = SeededRandom(seed: 1)
    private var next: UInt64 = 0
    private var open = 0
    private var done = 0
    private var failure: Int32 = 0
    private let over: WakeDescriptor

    /// - Returns: transfers a second.
    /// - Throws: `LabError`.
    static func run(
        _ pattern: FioRun.Pattern, on path: String, size: UInt64, for length: Span
    ) throws(LabError) -> Double {
        do {
            let loop = try BlockLoop("load")
            defer { loop.stop() }
            let load = try BlockLoad(BlockFile(path, on: loop, caching: .direct), pattern, size, length)
            let start = BootClock.now
            loop.post { for slot in 0..<pattern.depth { load.submit(slot) } }
            var set = [pollfd(fd: load.over.raw, events: Int16(POLLIN), revents: 0)]
            try Poller.wait(&set)
            guard load.failure == 0 else { throw SystemError(operation: "use", subject: path, errno: load.failure) }
            return Double(load.done) / (BootClock.now - start).seconds
        } catch {
            throw LabError("The block engine cannot be measured: \(error)")
        }
    }

    private init(_ file: BlockFile, _ pattern: FioRun.Pattern, _ size: UInt64, _ length: Span) throws(SystemError) {
        self.file = file
        self.pattern = pattern
        blocks = size / UInt64(pattern.blockSize)
        memory = .allocate(byteCount: pattern.blockSize * pattern.depth, alignment: AlignedPool.alignment)
        memset(memory, 0x5A, pattern.blockSize * pattern.depth)
        end = BootClock.now + length
        over = try WakeDescriptor()
    }

    deinit { memory.deallocate() }

    private func submit(_ slot: Int) {
        let block: UInt64
        if pattern.isRandom {
            block = random.next() % blocks
        } else {
            block = next
            next = (next + 1) % blocks
        }
        open += 1
        file.submit(
            BlockRequest(
                pattern.isRead ? .read : .write, offset: block * UInt64(pattern.blockSize), length: pattern.blockSize,
                memory: memory + slot * pattern.blockSize, token: UInt64(slot)), for: self)
    }

    func completed(_ token: UInt64, errno: Int32) {
        open -= 1
        done += 1
        if errno != 0 { failure = errno }
        if failure == 0, BootClock.now < end { return submit(Int(token)) }
        if open == 0 { over.wake() }
    }
}
