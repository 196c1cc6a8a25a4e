import CLinux
import Glibc
import Linux
import Synchronization

/// The thread of a file for calls that block: discard, zeroes, and flushes where the kernel has no asynchronous ones.
final class SlowCalls: @unchecked Sendable {
    // @unchecked: `thread` is its owner's.

    private let file: Int32
    private let isDisk: Bool
    private let work = Mutex(Work())
    private let wake: WakeDescriptor
    private var thread: OwnedThread?

    private struct Work {
        var slots: [Call] = []
        var isOver = false
    }

    /// @unchecked: a slot travels to the thread and back; the loop does not touch it meanwhile.
    private struct Call: @unchecked Sendable {
        let slot: SubmissionQueue.Slot
    }

    init(_ file: Int32, isDisk: Bool) throws(SystemError) {
        self.file = file
        self.isDisk = isDisk
        wake = try WakeDescriptor()
        thread = try OwnedThread("block-slow") { self.run() }
    }

    func add(_ slot: SubmissionQueue.Slot) {
        let call = Call(slot: slot)
        work.withLock { $0.slots.append(call) }
        wake.wake()
    }

    /// Waits for the call under way.
    func stop() {
        work.withLock { $0.isOver = true }
        wake.wake()
        thread.take()?.join()
    }

    private func run() {
        while true {
            let (calls, isOver) = work.withLock { work in
                defer { work.slots.removeAll() }
                return (work.slots, work.isOver)
            }
            for call in calls {
                let code = perform(call.slot.request)
                call.slot.file.loop.post { call.slot.file.completed(call.slot, errno: code) }
            }
            if isOver { return }
            if calls.isEmpty { sleepUntilWoken() }
        }
    }

    private func sleepUntilWoken() {
        var set = pollfd(fd: wake.raw, events: Int16(POLLIN), revents: 0)
        let count = poll(&set, 1, -1)
        precondition(count >= 0 || errno == EINTR, "a thread cannot wait: errno \(errno)")
        wake.clear()
    }

    /// - Returns: 0 or errno(3).
    private func perform(_ request: BlockRequest) -> Int32 {
        let code: Int32
        switch request.kind {
        case .discard: code = discard(request)
        case .writeZeroes: code = zero(request)
        default: return flush()
        }
        return code == 0 && request.isForced ? flush() : code
    }

    private func flush() -> Int32 { number { fdatasync(file) } }

    /// A discard is advice: who cannot take it has done nothing wrong.
    private func discard(_ request: BlockRequest) -> Int32 {
        let code = number {
            isDisk
                ? clinux_discard(file, request.offset, UInt64(request.length))
                : clinux_punch_hole(file, Int64(request.offset), Int64(request.length))
        }
        return code == EOPNOTSUPP ? 0 : code
    }

    private func zero(_ request: BlockRequest) -> Int32 {
        let offset = Int64(request.offset)
        let length = Int64(request.length)
        if request.mayFreeSpace {
            let code = number { clinux_punch_hole(file, offset, length) }
            if code != EOPNOTSUPP { return code }
        }
        // On a disk the kernel writes the zeros if the disk cannot.
        if !isDisk || !request.isFastOnly {
            let code = number { clinux_zero_range(file, offset, length) }
            if code != EOPNOTSUPP { return code }
        }
        return request.isFastOnly ? EOPNOTSUPP : writeZeros(request)
    }

    private func writeZeros(_ request: BlockRequest) -> Int32 {
        let size = min(request.length, 1 << 20)
        let zeros = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: AlignedPool.alignment)
        defer { zeros.deallocate() }
        memset(zeros, 0, size)
        var done = 0
        while done < request.length {
            let count = pwrite(file, zeros, min(size, request.length - done), off_t(request.offset) + off_t(done))
            if count < 0 {
                if errno != EINTR { return errno }
            } else if count == 0 {
                return EIO
            } else {
                done += count
            }
        }
        return 0
    }

    private func number(_ call: () -> Int32) -> Int32 {
        while true {
            if call() == 0 { return 0 }
            if errno != EINTR { return errno }
        }
    }
}
