import CLibaio
import Glibc
import Linux

/// Transfers side by side from a thread that waits for them (libaio), past the page cache where the file was opened so.
final class DirectBatch {
    struct Transfer {
        var file: Int32
        var isWrite: Bool
        var offset: UInt64
        var count: Int
        /// `count` bytes, aligned to 4096.
        var memory: UnsafeMutableRawPointer
        /// For errors.
        var path: String
    }

    private let context: io_context_t
    private let depth: Int
    private let blocks: UnsafeMutablePointer<iocb>
    private let events: UnsafeMutablePointer<io_event>

    /// - Throws: `SystemError`; EAGAIN when the kernel's fs.aio-max-nr is used up.
    init(depth: Int = 64) throws(SystemError) {
        var context: io_context_t?
        let code = io_setup(Int32(depth), &context)
        guard code == 0, let context else {
            throw SystemError(operation: "set up a queue for", subject: "\(depth) transfers", errno: -code)
        }
        self.context = context
        self.depth = depth
        blocks = .allocate(capacity: depth)
        events = .allocate(capacity: depth)
    }

    deinit {
        io_destroy(context)
        blocks.deallocate()
        events.deallocate()
    }

    /// Does all of them and waits.
    ///
    /// - Returns: for each the error that it met, or nil; EIO for one that came to the file's end.
    func run(_ transfers: [Transfer]) -> [SystemError?] {
        var failures = [SystemError?](repeating: nil, count: transfers.count)
        var free = Array(0..<depth)
        var next = 0
        var underWay = 0
        while next < transfers.count || underWay > 0 {
            while next < transfers.count, let slot = free.popLast() {
                if let failure = submit(transfers[next], slot, number: next) {
                    failures[next] = failure
                    free.append(slot)
                } else {
                    underWay += 1
                }
                next += 1
            }
            guard underWay > 0 else { continue }
            let count = io_getevents(context, 1, depth, events, nil)
            guard count > 0 else {
                precondition(count == -EINTR, "transfers cannot be waited for: errno \(-count)")
                continue
            }
            for index in 0..<Int(count) {
                let number = Int(bitPattern: events[index].data)
                free.append(Int(events[index].obj - blocks))
                underWay -= 1
                let result = Int(bitPattern: UInt(events[index].res))
                if result != transfers[number].count {
                    failures[number] = failure(transfers[number], result < 0 ? Int32(-result) : EIO)
                }
            }
        }
        return failures
    }

    /// As `run`, for what must succeed as a whole.
    ///
    /// - Throws: the first error.
    func runAll(_ transfers: [Transfer]) throws(SystemError) {
        for case .some(let failure) in run(transfers) { throw failure }
    }

    private func submit(_ transfer: Transfer, _ slot: Int, number: Int) -> SystemError? {
        let block = blocks + slot
        if transfer.isWrite {
            io_prep_pwrite(block, transfer.file, transfer.memory, transfer.count, Int64(transfer.offset))
        } else {
            io_prep_pread(block, transfer.file, transfer.memory, transfer.count, Int64(transfer.offset))
        }
        block.pointee.data = UnsafeMutableRawPointer(bitPattern: number)
        var pointer: UnsafeMutablePointer<iocb>? = block
        while true {
            let code = io_submit(context, 1, &pointer)
            if code == 1 { return nil }
            if code != -EINTR, code != -EAGAIN { return failure(transfer, -code) }
        }
    }

    private func failure(_ transfer: Transfer, _ code: Int32) -> SystemError {
        SystemError(
            operation: "\(transfer.isWrite ? "write" : "read") \(transfer.count) bytes at \(transfer.offset) of",
            subject: transfer.path, errno: code)
    }
}
