import CLibaio
import CLinux
import Glibc
import Linux

/// One libaio queue: a fixed pool of control blocks, everything prepared in a turn in one io_submit, completions from
/// the shared ring. Nothing is allocated or counted for a transfer.
final class SubmissionQueue {
    /// A request under way. Who it belongs to outlives it (`BlockClient`).
    struct Slot {
        unowned(unsafe) var file: BlockFile
        unowned(unsafe) var client: any BlockClient
        var request: BlockRequest
        /// Bytes transferred by earlier, shorter transfers.
        var done: Int
    }

    private let context: io_context_t
    private let event: OwnedDescriptor
    private let depth: Int
    private let blocks: UnsafeMutablePointer<iocb>
    private let slots: UnsafeMutablePointer<Slot>
    private let prepared: UnsafeMutablePointer<UnsafeMutablePointer<iocb>?>
    private let events: UnsafeMutablePointer<io_event>
    private var preparedCount = 0
    private var inKernel = 0
    private var free: [Int32]
    /// Requests for which there is no control block; taken from `waitingStart` on.
    private var waiting: [Slot] = []
    private var waitingStart = 0
    /// Requests that are over without the kernel's doing; told in the next turn.
    private var finished: [(slot: Slot, errno: Int32)] = []
    private var telling: [(slot: Slot, errno: Int32)] = []

    init(depth: Int) throws(SystemError) {
        precondition(depth > 0, "a queue without room")
        self.depth = depth
        event = OwnedDescriptor(taking: try systemCall("make an event") { clinux_event_descriptor() })
        var context: io_context_t?
        let code = io_setup(Int32(depth), &context)
        guard code == 0, let context else {
            throw SystemError(operation: "set up a queue for", subject: "\(depth) transfers", errno: -code)
        }
        self.context = context
        blocks = .allocate(capacity: depth)
        slots = .allocate(capacity: depth)
        prepared = .allocate(capacity: depth)
        events = .allocate(capacity: depth)
        free = (0..<Int32(depth)).reversed()
    }

    deinit {
        // Waits for the transfers under way.
        io_destroy(context)
        blocks.deallocate()
        slots.deallocate()
        prepared.deallocate()
        events.deallocate()
    }

    /// Readable when something was completed.
    var eventDescriptor: Int32 { event.raw }
    /// There is something to tell without an event.
    var mustTurn: Bool { !finished.isEmpty }
    /// The kernel had no room, and nothing under way will wake the loop.
    var mustRetry: Bool { preparedCount > 0 && inKernel == 0 }

    func add(_ slot: Slot) {
        guard let index = free.popLast() else { return waiting.append(slot) }
        prepare(Int(index), slot)
    }

    /// Tells the client in the next turn.
    func finish(_ slot: Slot, errno: Int32) {
        finished.append((slot, errno))
    }

    private func prepare(_ index: Int, _ slot: Slot) {
        (slots + index).initialize(to: slot)
        let block = blocks + index
        let request = slot.request
        let file = slot.file.raw
        switch request.kind {
        case .read:
            io_prep_pread(
                block, file, request.memory! + slot.done, request.length - slot.done,
                Int64(request.offset) + Int64(slot.done))
        case .write:
            io_prep_pwrite(
                block, file, request.memory! + slot.done, request.length - slot.done,
                Int64(request.offset) + Int64(slot.done))
            if request.isForced { block.pointee.aio_rw_flags = Self.dataSync }
        case .flush: io_prep_fdsync(block, file)
        case .discard, .writeZeroes: preconditionFailure("\(request.kind) is not done by the queue")
        }
        block.pointee.data = UnsafeMutableRawPointer(bitPattern: index)
        io_set_eventfd(block, event.raw)
        prepared[preparedCount] = block
        preparedCount += 1
    }

    /// RWF_DSYNC of preadv2(2).
    private static let dataSync: UInt32 = 2

    /// Gives everything prepared to the kernel. What it has no room for stays prepared; what it refuses is told.
    func submit() {
        var start = 0
        while start < preparedCount {
            let count = Int(io_submit(context, preparedCount - start, prepared + start))
            if count > 0 {
                start += count
                inKernel += count
            } else if count == 0 || count == -Int(EAGAIN) {
                break
            } else if count != -Int(EINTR) {
                // The error is the first one's.
                let index = prepared[start]! - blocks
                start += 1
                finish(slots[index], errno: Int32(-count))
                free.append(Int32(index))
            }
        }
        preparedCount -= start
        if start > 0, preparedCount > 0 {
            prepared.update(from: prepared + start, count: preparedCount)
        }
        refill()
    }

    /// Tells all clients whose requests are over.
    func reap() {
        if !finished.isEmpty {
            swap(&finished, &telling)
            for item in telling { item.slot.file.completed(item.slot, errno: item.errno) }
            telling.removeAll(keepingCapacity: true)
        }
        guard inKernel > 0 else { return }
        // Once a turn: what completes meanwhile must not keep new transfers from the disk.
        let count = Int(clibaio_reap(context, events, Int32(depth)))
        precondition(count >= 0, "completions cannot be read: errno \(-count)")
        guard count > 0 else { return }
        inKernel -= count
        for index in 0..<count {
            let event = events[index]
            completed(Int(bitPattern: event.data), result: Int(bitPattern: UInt(event.res)))
        }
    }

    private func completed(_ index: Int, result: Int) {
        let request = slots[index].request
        guard result >= 0 else { return tell(index, errno: Int32(-result)) }
        guard request.kind != .flush else { return tell(index, errno: 0) }
        slots[index].done += result
        if slots[index].done >= request.length { return tell(index, errno: 0) }
        if result == 0 {
            slots[index].file.ended(request)
            return tell(index, errno: EIO)
        }
        prepare(index, slots[index])
    }

    private func tell(_ index: Int, errno: Int32) {
        let slot = slots[index]
        free.append(Int32(index))
        refill()
        slot.file.completed(slot, errno: errno)
    }

    /// Free control blocks go to the requests that wait longest.
    private func refill() {
        guard waitingStart < waiting.count else { return }
        while waitingStart < waiting.count, let index = free.popLast() {
            prepare(Int(index), waiting[waitingStart])
            waitingStart += 1
        }
        if waitingStart == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingStart = 0
        }
    }
}
