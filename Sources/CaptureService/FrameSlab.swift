import StreamProtocol

/// Aligned memory into which frames are received one behind the other, so that the journal writes them from where they
/// came. It lives as long as a frame in it is used by anybody.
final class FrameSlab: @unchecked Sendable {
    // @unchecked: what was handed out is no longer written; the tail belongs to the connection.

    /// Room for three of the longest frames, or for a thousand short ones; untouched pages cost nothing.
    static let length = 4 << 20

    private let memory: UnsafeMutableRawBufferPointer
    private(set) var tail = 0

    init() {
        memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.length, alignment: FrameLimits.alignment)
    }

    deinit { memory.deallocate() }

    /// Whether any item still fits behind those that are in it.
    var hasPlace: Bool { Self.length - tail >= StreamParser.placeLength }

    /// Where the next item goes.
    var place: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[tail...]) }

    /// The frame at the tail stays; the next item goes behind it.
    func keep(_ frame: Frame) { tail += frame.header.frameLength }

    /// Nobody uses its frames any more.
    func reset() { tail = 0 }
}

/// A frame that came over a connection and was judged, with the memory in which it lies.
struct ReceivedFrame: @unchecked Sendable {
    // @unchecked: its bytes are not written any more.

    let frame: Frame
    let slab: FrameSlab

    var header: FrameHeader { frame.header }
    var bytes: UnsafeRawBufferPointer { frame.bytes }
}

/// Gives the parser its places.
struct FrameMemory {
    private var slab = FrameSlab()

    var place: UnsafeMutableRawBufferPointer { slab.place }

    mutating func keep(_ frame: Frame) -> ReceivedFrame {
        let received = ReceivedFrame(frame: frame, slab: slab)
        slab.keep(frame)
        return received
    }

    /// Ahead of each item: the same place until it is whole.
    mutating func makeRoom() {
        // Low addresses are touched again and again: a stream with little to do needs little memory.
        if isKnownUniquelyReferenced(&slab) { return slab.reset() }
        if !slab.hasPlace { slab = FrameSlab() }
    }
}
