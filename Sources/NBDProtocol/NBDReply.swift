/// Writes the heads of replies into memory of the caller.
public enum NBDReply {
    /// Bytes of a simple reply's head.
    public static let simpleSize = 16
    /// Bytes of the head of a structured reply with data; the data follows.
    public static let dataSize = 28
    /// Bytes of the head of any structured chunk.
    static let chunkSize = 20
    /// Room that every head fits into.
    public static let largestHead = 32

    private static let done: UInt16 = 1

    private enum Chunk: UInt16 {
        case none = 0
        case data = 1
        case blockStatus = 5
        case error = 0x8001
    }

    /// The reply to what carries no data, or the head of what a read without structured replies gives.
    ///
    /// - Returns: the bytes written.
    public static func simple(
        _ memory: UnsafeMutableRawPointer, cookie: UInt64, error: NBDError? = nil
    ) -> Int {
        store(NBDMagic.simpleReply, memory, 0)
        store(error?.rawValue ?? 0, memory, 4)
        store(cookie, memory, 8)
        return simpleSize
    }

    /// The head of a read's data, in one chunk.
    ///
    /// - Returns: the bytes written.
    public static func data(
        _ memory: UnsafeMutableRawPointer, cookie: UInt64, offset: UInt64, length: UInt32
    ) -> Int {
        chunk(memory, .data, cookie, length: length + 8)
        store(offset, memory, chunkSize)
        return dataSize
    }

    /// - Returns: the bytes written.
    public static func error(_ memory: UnsafeMutableRawPointer, cookie: UInt64, _ error: NBDError) -> Int {
        chunk(memory, .error, cookie, length: 6)
        store(error.rawValue, memory, chunkSize)
        store(UInt16(0), memory, chunkSize + 4)
        return chunkSize + 6
    }

    /// An extent of a block status context. The flags are the context's: for `base:allocation` 1 is a hole and 2 reads
    /// as zeros; for `keelson:dirty` 1 is changed.
    public struct Extent: Equatable, Sendable {
        /// Bytes.
        public var length: UInt32
        public var flags: UInt32

        public init(length: UInt32, flags: UInt32) {
            self.length = length
            self.flags = flags
        }
    }

    /// Bytes of a block status chunk.
    public static func blockStatusSize(extents: Int) -> Int { chunkSize + 4 + 8 * extents }

    /// The extents of one context.
    ///
    /// - Returns: the bytes written.
    public static func blockStatus(
        _ memory: UnsafeMutableRawPointer, cookie: UInt64, context: UInt32, extents: [Extent], isLast: Bool
    ) -> Int {
        chunk(memory, .blockStatus, cookie, length: UInt32(4 + 8 * extents.count), isLast: isLast)
        store(context, memory, chunkSize)
        for (index, extent) in extents.enumerated() {
            store(extent.length, memory, chunkSize + 4 + 8 * index)
            store(extent.flags, memory, chunkSize + 8 + 8 * index)
        }
        return blockStatusSize(extents: extents.count)
    }

    private static func chunk(
        _ memory: UnsafeMutableRawPointer, _ type: Chunk, _ cookie: UInt64, length: UInt32, isLast: Bool = true
    ) {
        store(NBDMagic.structuredReply, memory, 0)
        store(isLast ? done : 0, memory, 4)
        store(type.rawValue, memory, 6)
        store(cookie, memory, 8)
        store(length, memory, 16)
    }

    private static func store<Value: FixedWidthInteger>(
        _ value: Value, _ memory: UnsafeMutableRawPointer, _ offset: Int
    ) {
        memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    }
}
