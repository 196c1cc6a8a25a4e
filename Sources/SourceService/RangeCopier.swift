import BlockIO
import Glibc
import Linux
import Primitives
import StreamProtocol
import TapCore

/// Reads changed ranges of all volumes from their disks and puts them into the stream while writes go on: a range is
/// held while it is read, so that what was read and what is written to it stand in one order. Holes and zeros travel as
/// records without bytes.
final class RangeCopier: BlockClient, RangeHolder {
    /// Bytes of the longest read, and of the longest hole that is held at once.
    static let readLength = 1 << 20
    private static let holeLength: UInt64 = 64 << 20
    private static let depth = 32
    private static let mostBytesUnderWay = 4 << 20

    private let taps: [TapDevice]
    private let writer: StreamWriter
    private var pool = AlignedPool(bufferSize: readLength, count: depth)
    private var steps = [Step?](repeating: nil, count: depth)
    private var cursor: (tap: Int, offset: UInt64) = (0, 0)
    private var isRunning = false
    private var isPumping = false
    private var bytesUnderWay = 0
    /// Bytes read from disks and bytes that went into the stream, holes and zeros left out.
    private(set) var readBytes: UInt64 = 0
    private(set) var sentBytes: UInt64 = 0
    /// A range could not be read: the replica does not get it until it is written again.
    var failed: ((VolumeNumber, UInt64, Int32) -> Void)?
    /// The bytes that were asked for are in the stream, or there are no more.
    var ended: (() -> Void)?
    private var budget = 0

    private struct Step {
        let tap: TapDevice
        let offset: UInt64
        let length: Int
        /// nil for a hole.
        let memory: UnsafeMutableRawPointer?
        var slot = 0
    }

    init(taps: [TapDevice], writer: StreamWriter) {
        self.taps = taps
        self.writer = writer
    }

    var isIdle: Bool { steps.allSatisfy { $0 == nil } }

    /// Copies about so many bytes, holes not counted; `ended` follows.
    ///
    /// - Precondition: the last one has ended.
    func start(bytes: Int) {
        precondition(!isRunning && isIdle)
        // What was marked behind the cursor comes once everything ahead of it is done.
        if cursor.tap == taps.count { cursor = (0, 0) }
        isRunning = true
        budget = bytes
        pump()
    }

    private func pump() {
        guard isRunning, !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while bytesUnderWay < Self.mostBytesUnderWay, let tag = steps.firstIndex(where: { $0 == nil }) {
            guard budget > 0, !writer.isOverflowing, let step = nextStep() else {
                if isIdle { finish() }
                break
            }
            steps[tag] = step
            if step.memory != nil {
                bytesUnderWay += step.length
                budget -= step.length
            }
            step.tap.hold(offset: step.offset, length: step.length, tag: tag, for: self)
        }
        for tap in taps { tap.endTurn() }
    }

    private func finish() {
        isRunning = false
        ended?()
    }

    private func nextStep() -> Step? {
        while cursor.tap < taps.count {
            let tap = taps[cursor.tap]
            if let run = tap.changed.next(from: cursor.offset, limit: Self.holeLength) {
                let (length, isHole) = extent(tap, run.offset, run.length)
                cursor.offset = run.offset + length
                let memory = isHole ? nil : pool.take()
                return Step(tap: tap, offset: run.offset, length: Int(length), memory: memory)
            }
            cursor = (cursor.tap + 1, 0)
        }
        return nil
    }

    /// How much of a range is of one kind. A file system that cannot tell has no holes.
    private func extent(_ tap: TapDevice, _ offset: UInt64, _ length: UInt64) -> (UInt64, isHole: Bool) {
        do {
            guard let first = try tap.extents(offset: offset, length: length).first else {
                return (min(length, UInt64(Self.readLength)), false)
            }
            // A hole ends at a whole block, so that its blocks can be unmarked.
            let whole = first.length / ChangedBlocks.blockSize * ChangedBlocks.blockSize
            if !first.isAllocated, whole > 0 { return (min(whole, length), true) }
            return (min(length, UInt64(Self.readLength)), false)
        } catch {
            return (min(length, UInt64(Self.readLength)), false)
        }
    }

    func granted(_ tag: Int, slot: Int) {
        guard var step = steps[tag] else { preconditionFailure("copy \(tag) was granted a range twice") }
        step.slot = slot
        steps[tag] = step
        if let memory = step.memory {
            readBytes += UInt64(step.length)
            step.tap.below.submit(
                BlockRequest(
                    .read, offset: step.offset, length: step.length, memory: memory, token: UInt64(tag)),
                for: self)
            return
        }
        // Looked at again now that no write to it is under way.
        let (length, isHole) = extent(step.tap, step.offset, UInt64(step.length))
        if isHole {
            put(step, 0..<Int(length), isZero: true)
        }
        end(tag)
    }

    func completed(_ token: UInt64, errno code: Int32) {
        let tag = Int(token)
        guard let step = steps[tag], let memory = step.memory else {
            preconditionFailure("copy \(tag) read nothing")
        }
        if code == 0 {
            let bytes = UnsafeRawBufferPointer(start: memory, count: step.length)
            ZeroScan.split(bytes, block: Int(ChangedBlocks.blockSize)) { put(step, $0, isZero: $1) }
        } else {
            step.tap.giveUp(offset: step.offset, length: step.length)
            failed?(step.tap.volume, step.offset, code)
        }
        end(tag)
    }

    private func put(_ step: Step, _ range: Range<Int>, isZero: Bool) {
        let offset = step.offset + UInt64(range.lowerBound)
        let number = writer.append(
            isZero ? .zero : .write, volume: step.tap.volume, offset: offset, length: range.count,
            memory: isZero ? nil : step.memory.map { UnsafeRawPointer($0 + range.lowerBound) })
        guard number != 0 else { return }
        if !isZero { sentBytes += UInt64(range.count) }
        step.tap.changed.clear(offset: offset, length: UInt64(range.count))
        step.tap.suspect.clear(offset: offset, length: UInt64(range.count))
        step.tap.intents.copied(offset: offset, length: UInt64(range.count), record: number)
    }

    private func end(_ tag: Int) {
        guard let step = steps[tag] else { return }
        steps[tag] = nil
        if let memory = step.memory {
            pool.give(memory)
            bytesUnderWay -= step.length
        }
        step.tap.release(step.slot)
        pump()
    }
}
