import BlockIO
import Glibc
import Primitives
import StreamProtocol
import TapCore

/// Whoever holds ranges of a tapped disk to copy them.
protocol RangeHolder: AnyObject {
    /// No write to the range is under way, and none starts until `release`. May be called from within `hold`.
    func granted(_ tag: Int, slot: Int)
}

/// A disk whose writes enter the machine's stream once the disk has completed them (docs/replication.md, "Order at the
/// tap"). Nothing is allocated for a request; data is copied once, into the frame under construction.
final class TapDevice: BlockDevice, BlockClient, TurnEndHandler {
    let volume: VolumeNumber
    let below: BlockFile
    let intents: IntentFile
    /// What the stream does not carry and the replica may not have.
    var changed: ChangedBlocks
    /// What has to be compared with the replica after a crash.
    var suspect: ChangedBlocks
    /// Something could not be written or read, so it is not known whether the replica has what is on the disk there.
    private(set) var hasFailedTransfers = false

    private let writer: StreamWriter
    private var lock = RangeLock(capacity: 256)
    private var slots: ContiguousArray<Slot> = []
    private var free: ContiguousArray<Int> = []
    /// Slots that wait for a mark in the write-intent log.
    private var unmarked: ContiguousArray<Int> = []
    private var granted: ContiguousArray<Int> = []
    private var awaitsTurnEnd = false

    private struct Slot {
        var request: BlockRequest
        // The caller lives until its request is completed (BlockClient).
        unowned(unsafe) var client: (any BlockClient)?
        unowned(unsafe) var holder: (any RangeHolder)?
    }

    /// - Precondition: the intents are of a volume of this size.
    init(volume: VolumeNumber, below: BlockFile, writer: StreamWriter, intents: IntentFile) {
        precondition(intents.format.size == below.geometry.size)
        self.volume = volume
        self.below = below
        self.writer = writer
        self.intents = intents
        changed = ChangedBlocks(size: below.geometry.size)
        suspect = ChangedBlocks(size: below.geometry.size)
        intents.marked = { [unowned self] in self.marksArrived() }
    }

    var geometry: BlockGeometry { below.geometry }
    /// Requests and holds that are under way.
    var pending: Int { slots.count - free.count }
    var isLevel: Bool { changed.isEmpty && suspect.isEmpty }

    func extents(offset: UInt64, length: UInt64) throws -> [BlockExtent] {
        try below.extents(offset: offset, length: length)
    }

    func endTurn() { below.endTurn() }

    func submit(_ request: BlockRequest, for client: any BlockClient) {
        switch request.kind {
        case .read: below.submit(request, for: client)
        case .flush:
            let slot = take(request, client, nil)
            forward(slot)
        case .write, .discard, .writeZeroes:
            let slot = take(request, client, nil)
            if lock.acquire(slot, offset: request.offset, length: UInt64(request.length)) { start(slot) }
        }
    }

    /// Keeps writes away from a range; ends with `release`.
    func hold(offset: UInt64, length: Int, tag: Int, for holder: any RangeHolder) {
        let slot = take(BlockRequest(.read, offset: offset, length: length, token: UInt64(tag)), nil, holder)
        if lock.acquire(slot, offset: offset, length: UInt64(length)) { start(slot) }
    }

    func release(_ slot: Int) {
        slots[slot].holder = nil
        giveBack(slot)
        free.append(slot)
    }

    /// A range cannot be read: nothing more is tried until it is written again, or after the next start.
    func giveUp(offset: UInt64, length: Int) {
        hasFailedTransfers = true
        intents.distrust(offset: offset, length: UInt64(length))
        changed.clear(offset: offset, length: UInt64(length))
    }

    private func take(
        _ request: BlockRequest, _ client: (any BlockClient)?, _ holder: (any RangeHolder)?
    ) -> Int {
        if let slot = free.popLast() {
            slots[slot] = Slot(request: request, client: client, holder: holder)
            return slot
        }
        slots.append(Slot(request: request, client: client, holder: holder))
        return slots.count - 1
    }

    /// The slot's range is its own now.
    private func start(_ slot: Int) {
        let request = slots[slot].request
        if let holder = slots[slot].holder { return holder.granted(Int(request.token), slot: slot) }
        if intents.begin(offset: request.offset, length: UInt64(request.length)) { return forward(slot) }
        unmarked.append(slot)
        if !awaitsTurnEnd {
            awaitsTurnEnd = true
            below.loop.atEndOfTurn(self)
        }
    }

    private func forward(_ slot: Int) {
        var request = slots[slot].request
        request.token = UInt64(slot)
        below.submit(request, for: self)
    }

    /// All marks that this turn asked for go out in one page.
    func turnEnded() {
        awaitsTurnEnd = false
        intents.turn()
    }

    private func marksArrived() {
        unmarked.removeAll { slot in
            let request = slots[slot].request
            guard intents.mayGo(offset: request.offset, length: UInt64(request.length)) else { return false }
            forward(slot)
            return true
        }
    }

    func completed(_ token: UInt64, errno code: Int32) {
        let slot = Int(token)
        let request = slots[slot].request
        let client = slots[slot].client
        if request.kind == .flush {
            if code == 0 { _ = writer.append(.flush, volume: volume, offset: 0, length: 0, memory: nil) }
        } else {
            intents.end(
                offset: request.offset, length: UInt64(request.length), record: record(request, errno: code))
            giveBack(slot)
        }
        slots[slot].client = nil
        free.append(slot)
        client?.completed(request.token, errno: code)
    }

    /// - Returns: what `WriteIntentLog.end` wants to know.
    private func record(_ request: BlockRequest, errno code: Int32) -> UInt64 {
        guard code == 0 else {
            if code == EOPNOTSUPP { return 0 }
            // Nobody knows what is there now: the region stays marked, and the next start compares it.
            hasFailedTransfers = true
            return .max
        }
        let number = carry(request)
        if number == 0 {
            changed.mark(offset: request.offset, length: UInt64(request.length))
        } else if !isLevel {
            changed.clear(offset: request.offset, length: UInt64(request.length))
            suspect.clear(offset: request.offset, length: UInt64(request.length))
        }
        return number
    }

    private func carry(_ request: BlockRequest) -> UInt64 {
        var kind = RecordKind.zero
        var memory: UnsafeRawPointer?
        if request.kind == .discard { kind = .discard }
        if request.kind == .write, let data = request.memory,
            !ZeroScan.isZero(UnsafeRawBufferPointer(start: data, count: request.length))
        {
            kind = request.isForced ? .forcedWrite : .write
            memory = UnsafeRawPointer(data)
        }
        let number = writer.append(
            kind, volume: volume, offset: request.offset, length: request.length, memory: memory)
        if request.isForced, number != 0, kind != .forcedWrite {
            _ = writer.append(.flush, volume: volume, offset: 0, length: 0, memory: nil)
        }
        return number
    }

    private func giveBack(_ slot: Int) {
        lock.release(slot, granted: &granted)
        guard !granted.isEmpty else { return }
        // What starts may give its range back at once.
        var starting: ContiguousArray<Int> = []
        swap(&starting, &granted)
        for next in starting { start(next) }
        starting.removeAll(keepingCapacity: true)
        if granted.isEmpty { swap(&starting, &granted) }
    }
}
