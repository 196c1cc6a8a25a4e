/// What a stream consists of.
public enum StreamItem {
    /// A view of the place that was given to the parser.
    case frame(Frame)
    case message(StreamMessage)
}

/// Cuts a stream of bytes into frames and messages. Bytes are copied once, into a place of the caller's choice, so that
/// a frame lies where the caller will write it from.
public struct StreamParser: Sendable {
    /// Bytes of a place that takes any item.
    public static let placeLength = FrameLimits.frame

    private var filled = 0
    private var needed = Self.prefixLength

    /// Enough to see what begins: 16 bytes of either.
    private static let prefixLength = StreamMessage.headerLength

    public init() {}

    /// Nothing of an item has come yet: the stream may end here.
    public var isBetweenItems: Bool { filled == 0 }

    /// Takes from `input` until an item is whole or nothing is left.
    ///
    /// - Parameter place: at least `placeLength` bytes, the same ones until an item is whole.
    /// - Returns: how many bytes were taken, and the item when it is whole.
    /// - Throws: `StreamFormatError`; the stream cannot go on.
    public mutating func take(
        _ input: UnsafeRawBufferPointer, into place: UnsafeMutableRawBufferPointer
    ) throws(StreamFormatError) -> (taken: Int, item: StreamItem?) {
        precondition(place.count >= Self.placeLength, "a place that is too short for an item")
        var taken = 0
        while taken < input.count {
            let count = min(needed - filled, input.count - taken)
            place.part(filled..<filled + count).copyMemory(from: input.part(taken..<taken + count))
            filled += count
            taken += count
            guard filled == needed else { break }
            let bytes = UnsafeRawBufferPointer(place).part(0..<filled)
            let whole = try Self.length(bytes)
            guard whole == filled else {
                needed = whole
                continue
            }
            filled = 0
            needed = Self.prefixLength
            return (taken, try Self.read(bytes))
        }
        return (taken, nil)
    }

    /// How many bytes must be there before more can be said, at least as many as are; equal when the item is whole.
    private static func length(_ bytes: UnsafeRawBufferPointer) throws(StreamFormatError) -> Int {
        let magic: UInt32 = bytes.number(at: 0) & 0xFF_FFFF
        if magic == StreamMessage.magic { return try StreamMessage.length(of: bytes) }
        guard magic == FrameHeader.magic else { throw .strangeMagic(bytes.number(at: 0)) }
        return bytes.count < FrameHeader.length
            ? FrameHeader.length : try FrameHeader(reading: bytes).frameLength
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws(StreamFormatError) -> StreamItem {
        let magic: UInt32 = bytes.number(at: 0) & 0xFF_FFFF
        return magic == StreamMessage.magic
            ? .message(try StreamMessage(reading: bytes)) : .frame(try Frame(judging: bytes))
    }
}
