import Primitives
import StreamProtocol
import Synchronization

/// A frame that the tap has closed: whole but for its checksums and its header.
struct FilledFrame: @unchecked Sendable {
    // @unchecked: its memory belongs to the tap until the frame is put, to the shipper from then on.

    var encoder: FrameEncoder
    /// All of the frame's memory.
    let memory: UnsafeMutableRawBufferPointer
    let generation: Generation
    let first: UInt64
    let writeEpoch: UInt64
    let bytesAhead: UInt64
    let isConsistent: Bool
    let wallClock: UInt64
    let monotonicClock: UInt64
    /// Given back to `FrameRing.release` once the frame is of no more use.
    let mark: Int

    var last: UInt64 { first + UInt64(encoder.recordCount) - 1 }
}

/// The memory between the tap and the shipper. The tap fills frames and puts them; the shipper seals, sends and spools
/// them, and gives their memory back in the same order.
final class FrameRing: @unchecked Sendable {
    // @unchecked: `base` is used piece by piece, each by one side at a time; the rest is behind the lock.

    let capacity: Int
    let base: UnsafeMutableRawPointer
    private let closed = Mutex<[FilledFrame]>([])
    private let mark = Atomic<Int>(0)
    /// Wakes the shipper; set before the first frame.
    private let wake: @Sendable () -> Void

    /// - Parameters:
    ///   - capacity: bytes; at least four frames.
    ///   - wake: called from the tap's loop when frames were put and none waited.
    init(capacity: Int, wake: @escaping @Sendable () -> Void) {
        precondition(capacity >= 4 << 20, "a ring of \(capacity) bytes holds no frames")
        self.capacity = capacity
        self.wake = wake
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { base.deallocate() }

    func put(_ frames: [FilledFrame]) {
        let isFirst = closed.withLock { waiting in
            waiting.append(contentsOf: frames)
            return waiting.count == frames.count
        }
        if isFirst { wake() }
    }

    /// For the shipper: everything that was put since.
    func take() -> [FilledFrame] {
        closed.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting
        }
    }

    /// Up to where the memory is free again, as `FilledFrame.mark`.
    var released: Int { mark.load(ordering: .acquiring) }

    func release(_ mark: Int) {
        if mark > released { self.mark.store(mark, ordering: .releasing) }
    }
}
