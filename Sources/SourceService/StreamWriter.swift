import BlockIO
import Linux
import Primitives
import StreamProtocol
import TapCore

/// Puts records into frames in the ring, in the order in which the tap completes them. Lives on the tap's loop, never
/// waits: when the ring is full, the writer is in overflow and carries nothing until it is told to resume.
final class StreamWriter: TurnEndHandler {
    // Frames hold so many records at most: 256 writes of 4 KiB fill the payload.
    static let recordLimit = 337
    private static let pieceLength = FrameEncoder.bufferLength(recordLimit: recordLimit)
    private static let headLength = FrameLimits.padded(FrameHeader.length + recordLimit * FrameRecord.length)
    static let longestOpen = Span.milliseconds(5)

    private let loop: BlockLoop
    private let ring: FrameRing
    private var space: RingSpace
    private var open: OpenFrame?
    private var timer: LoopTimer?
    private var closed: [FilledFrame] = []
    private var awaitsTurnEnd = false

    private(set) var generation = Generation(0)
    private var nextSequence: UInt64 = 1
    private var writeEpoch: UInt64 = 1
    /// When the first record behind the last barrier came; nil when there is none.
    private(set) var epochBegan: Instant?
    private var bytesAhead: UInt64 = 0
    /// Nothing is carried: the ring was full, nobody wants it, or there is no generation.
    private(set) var isOverflowing = true
    /// Whether the stream as of now is a state that a power cut could have left.
    private(set) var isConsistent = true
    /// Called when the ring is full.
    var overflowed: (() -> Void)?

    private struct OpenFrame {
        var encoder: FrameEncoder
        let memory: UnsafeMutableRawBufferPointer
        let first: UInt64
        let bytesAhead: UInt64
        let opened: Instant
    }

    init(loop: BlockLoop, ring: FrameRing) {
        self.loop = loop
        self.ring = ring
        space = RingSpace(capacity: ring.capacity)
    }

    /// The last record that was numbered.
    var lastSequence: UInt64 { nextSequence - 1 }

    /// Begins a generation: its records are numbered from 1. What is under construction is thrown away.
    func begin(_ generation: Generation) {
        if open != nil {
            open = nil
            _ = space.commit(0)
        }
        self.generation = generation
        nextSequence = 1
        writeEpoch = 1
        epochBegan = nil
        bytesAhead = 0
    }

    /// Carries records from now on.
    func resume(isConsistent: Bool) {
        close()
        self.isConsistent = isConsistent
        isOverflowing = generation == Generation(0)
    }

    /// Carries nothing from now on.
    func suspend() {
        close()
        isOverflowing = true
    }

    /// A range that was written, or became zeros.
    ///
    /// - Parameter memory: `length` bytes, copied; nil for zeros and discards.
    /// - Returns: the number of the last record that carries it; 0 when not all of it is carried.
    func append(
        _ kind: RecordKind, volume: VolumeNumber, offset: UInt64, length: Int, memory: UnsafeRawPointer?
    ) -> UInt64 {
        guard !isOverflowing else { return 0 }
        guard kind.hasPayload, let memory else {
            return appendWithout(kind, volume: volume, offset: offset, length: length)
        }
        var done = 0
        while done < length {
            let count = min(length - done, FrameLimits.payload)
            let piece = UnsafeRawBufferPointer(start: memory + done, count: count)
            // Of a forced write in pieces only the last one is a barrier.
            let own = kind == .forcedWrite && done + count < length ? .write : kind
            guard appendPiece(own, volume, (offset + UInt64(done)) / 512, piece) else { return 0 }
            done += count
        }
        return lastSequence
    }

    private func appendPiece(
        _ kind: RecordKind, _ volume: VolumeNumber, _ address: UInt64, _ payload: UnsafeRawBufferPointer
    ) -> Bool {
        if let frame = open, !frame.encoder.takes(payload: payload.count) { close() }
        guard open != nil || openFrame() else { return false }
        open?.encoder.append(kind, volume: volume, address: address, payload: payload)
        counted(payload: payload.count)
        return true
    }

    private func appendWithout(_ kind: RecordKind, volume: VolumeNumber, offset: UInt64, length: Int) -> UInt64 {
        if let frame = open, !frame.encoder.takes(payload: 0) { close() }
        guard open != nil || openFrame() else { return 0 }
        open?.encoder.append(kind, volume: volume, address: offset / 512, units: UInt32(length / 512))
        counted(payload: 0)
        return lastSequence
    }

    private func counted(payload: Int) {
        nextSequence += 1
        bytesAhead += UInt64(payload)
        guard let frame = open else { return }
        if frame.encoder.endsEpoch {
            close()
            writeEpoch += 1
            epochBegan = nil
        } else if epochBegan == nil {
            epochBegan = frame.opened
        }
    }

    private func openFrame() -> Bool {
        if space.used + Self.pieceLength > space.capacity / 2 { space.release(ring.released) }
        guard let place = space.reserve(Self.pieceLength) else {
            isOverflowing = true
            overflowed?()
            return false
        }
        let memory = UnsafeMutableRawBufferPointer(start: ring.base + place, count: Self.pieceLength)
        let now = BootClock.now
        open = OpenFrame(
            encoder: FrameEncoder(buffer: memory, recordLimit: Self.recordLimit), memory: memory, first: nextSequence,
            bytesAhead: bytesAhead, opened: now)
        if timer == nil { timer = loop.schedule(at: now + Self.longestOpen) { [unowned self] in self.timePassed() } }
        return true
    }

    /// One timer runs while frames are open; a frame that it meets young waits for the rest of its time.
    private func timePassed() {
        timer = nil
        guard let frame = open else { return }
        let due = frame.opened + Self.longestOpen
        if due <= BootClock.now {
            close()
        } else {
            timer = loop.schedule(at: due) { [unowned self] in self.timePassed() }
        }
    }

    /// Closes the frame under construction, if there is one.
    func close() {
        guard let frame = open else { return }
        open = nil
        let mark = space.commit(Self.headLength + frame.encoder.payloadLength + 2 * FrameLimits.alignment)
        if !awaitsTurnEnd {
            awaitsTurnEnd = true
            loop.atEndOfTurn(self)
        }
        closed.append(
            FilledFrame(
                encoder: frame.encoder, memory: frame.memory, generation: generation, first: frame.first,
                writeEpoch: writeEpoch,
                bytesAhead: frame.bytesAhead, isConsistent: isConsistent, wallClock: WallClock.now,
                monotonicClock: UInt64(BootClock.now.nanoseconds), mark: mark))
    }

    /// Gives closed frames to the shipper: once a turn.
    func turnEnded() {
        awaitsTurnEnd = false
        ring.put(closed)
        closed.removeAll(keepingCapacity: true)
    }
}
