import BlockIO
import Glibc
import Primitives
import StreamProtocol
import TapCore

/// A range of a disk as it was read, to be compared with the replica. The memory is the comparer's until it is told the
/// answer or that there will be none.
struct ComparedRange: @unchecked Sendable {
    // @unchecked: nobody writes to the memory while the question is open.
    let tag: Int
    let volume: VolumeNumber
    let offset: UInt64
    let memory: UnsafeRawBufferPointer
}

/// After a crash: reads the suspect ranges of all volumes and asks the replica which blocks differ; these become changed
/// ranges. Nothing is held meanwhile: whatever is written enters the stream, and a block that was equal once, at any
/// moment of both sides, is equal again when the stream has been applied up to the moment of the reading.
final class RangeComparer: BlockClient {
    private static let readLength = CompareRequest.blockLength * 256
    private static let depth = 8

    private let taps: [TapDevice]
    private var pool = AlignedPool(bufferSize: readLength, count: depth)
    private var steps = [Step?](repeating: nil, count: depth)
    private var cursor: (tap: Int, offset: UInt64) = (0, 0)
    private var isRunning = false
    private(set) var readBytes: UInt64 = 0
    /// Asks the replica; answered by `answered` or `lost`.
    var ask: ((ComparedRange) -> Void)?
    var failed: ((VolumeNumber, UInt64, Int32) -> Void)?
    /// The bytes that were asked for are compared, or there are no more, or no answers will come.
    var ended: (() -> Void)?
    private var budget = 0

    private struct Step {
        let tap: TapDevice
        let offset: UInt64
        let length: Int
        let memory: UnsafeMutableRawPointer
        var isAsked = false
        /// The connection went while this was read.
        var isLost = false
    }

    init(taps: [TapDevice]) { self.taps = taps }

    /// Compares about so many bytes; `ended` follows.
    ///
    /// - Precondition: the last one has ended.
    func start(bytes: Int) {
        precondition(!isRunning)
        isRunning = true
        budget = bytes
        cursor = (0, 0)
        pump()
    }

    /// The connection is gone: what was asked is not answered any more, and is asked again after the next `start`.
    func lost() {
        guard isRunning else { return }
        budget = 0
        for tag in steps.indices where steps[tag] != nil {
            if steps[tag]?.isAsked == true { end(tag) } else { steps[tag]?.isLost = true }
        }
        pump()
    }

    /// - Parameter different: blocks of the range, from 0.
    func answered(_ tag: Int, different: [UInt16]) {
        guard tag < steps.count, let step = steps[tag], step.isAsked else { return }
        let blocks = (step.length + CompareRequest.blockLength - 1) / CompareRequest.blockLength
        step.tap.suspect.clear(offset: step.offset, length: UInt64(step.length))
        for block in different where Int(block) < blocks {
            let start = Int(block) * CompareRequest.blockLength
            step.tap.changed.mark(
                offset: step.offset + UInt64(start),
                length: UInt64(min(CompareRequest.blockLength, step.length - start)))
        }
        end(tag)
        pump()
    }

    private func pump() {
        while isRunning, let tag = steps.firstIndex(where: { $0 == nil }) {
            guard budget > 0, let step = nextStep() else {
                if steps.allSatisfy({ $0 == nil }) { finish() }
                break
            }
            steps[tag] = step
            budget -= step.length
            readBytes += UInt64(step.length)
            step.tap.below.submit(
                BlockRequest(.read, offset: step.offset, length: step.length, memory: step.memory, token: UInt64(tag)),
                for: self)
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
            if let run = tap.suspect.next(from: cursor.offset, limit: UInt64(Self.readLength)), let memory = pool.take()
            {
                cursor.offset = run.offset + run.length
                return Step(tap: tap, offset: run.offset, length: Int(run.length), memory: memory)
            }
            cursor = (cursor.tap + 1, 0)
        }
        return nil
    }

    func completed(_ token: UInt64, errno code: Int32) {
        let tag = Int(token)
        guard let step = steps[tag] else { preconditionFailure("comparison \(tag) read nothing") }
        if step.isLost {
            end(tag)
            return pump()
        }
        guard code == 0, let ask else {
            // It cannot be compared, so it is copied, which fails in its turn and is told again.
            failed?(step.tap.volume, step.offset, code)
            step.tap.changed.mark(offset: step.offset, length: UInt64(step.length))
            step.tap.suspect.clear(offset: step.offset, length: UInt64(step.length))
            end(tag)
            return pump()
        }
        steps[tag]?.isAsked = true
        ask(
            ComparedRange(
                tag: tag, volume: step.tap.volume, offset: step.offset,
                memory: UnsafeRawBufferPointer(start: step.memory, count: step.length)))
    }

    private func end(_ tag: Int) {
        guard let step = steps[tag] else { return }
        steps[tag] = nil
        pool.give(step.memory)
    }
}
