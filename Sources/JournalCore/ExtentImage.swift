import Checksum

/// A sorted index of extents in memory, mapped or allocated: blocks of 4096 bytes, and for each block four numbers, the
/// fences, by which a search finds the blocks that it must read.
///
/// A block: CRC-32C of the rest (4), number of entries (2), zeros (10), up to 102 entries. The fences are four arrays
/// with one number a block: key of the first entry; the furthest end of an entry; the furthest end in this or an
/// earlier block; the least ordinal.
///
/// Searching notes which blocks were judged; so an image that is not trusted belongs to one thread.
public final class ExtentImage: @unchecked Sendable {
    // @unchecked: of a trusted one nothing changes.

    public static let blockLength = 4096
    static let blockHeader = 16
    static let blockCapacity = (blockLength - blockHeader) / Extent.length
    /// Bytes of the fences of one block.
    public static let fenceLength = 32

    public let blockCount: Int
    /// Ordinals of its entries: all lie within.
    public let ordinals: ClosedRange<UInt64>
    private let blocks: UnsafeRawPointer
    private let fences: UnsafePointer<UInt64>
    /// Keeps the memory, and makes it readable.
    private let memory: any IndexMemory
    /// The furthest end within each 64 blocks.
    private let farReaches: [UInt64]
    /// One bit for each block whose checksum was found right.
    private var judged: [UInt64]

    /// - Parameters:
    ///   - memory: the blocks, and right behind them the fences, whose checksum was judged by the caller.
    ///   - isTrusted: made in this process; its blocks are not judged.
    public init(_ memory: any IndexMemory, blockCount: Int, ordinals: ClosedRange<UInt64>, isTrusted: Bool = false) {
        precondition(
            memory.bytes.count >= blockCount * (Self.blockLength + Self.fenceLength), "an index without its fences")
        self.memory = memory
        self.blockCount = blockCount
        self.ordinals = ordinals
        blocks = memory.bytes.baseAddress!
        fences = (blocks + blockCount * Self.blockLength).assumingMemoryBound(to: UInt64.self)
        let fences = fences
        farReaches = (0..<(blockCount + 63) / 64).map { group in
            (group * 64..<min(blockCount, group * 64 + 64)).lazy.map { fences[blockCount + $0] }.max() ?? 0
        }
        judged = [UInt64](repeating: isTrusted ? .max : 0, count: (blockCount + 63) / 64)
    }

    /// The first block from `block` on that reaches behind `key`, below `end`; `end` when none does.
    @inline(__always)
    func nextReaching(_ key: UInt64, from block: Int, to end: Int) -> Int {
        var block = block
        while block < end {
            if block & 63 == 0, farReaches[block >> 6] <= key {
                block += 64
            } else if reach(block) > key {
                return block
            } else {
                block += 1
            }
        }
        return end
    }

    /// Its blocks and fences as they stand on the disk.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: blocks, count: blockCount * (Self.blockLength + Self.fenceLength))
    }

    func firstKey(_ block: Int) -> UInt64 { fences[block] }
    func reach(_ block: Int) -> UInt64 { fences[blockCount + block] }
    func reachSoFar(_ block: Int) -> UInt64 { fences[2 * blockCount + block] }
    func leastOrdinal(_ block: Int) -> UInt64 { fences[3 * blockCount + block] }

    /// The entries of a block, judged when it is read for the first time.
    ///
    /// - Throws: `JournalFormatError.damaged`, also when the device cannot read it.
    func entries(_ block: Int) throws(JournalFormatError) -> UnsafeBufferPointer<Extent> {
        let start = blocks + block * Self.blockLength
        if judged[block >> 6] & 1 << UInt64(block & 63) == 0 { try judge(block, start) }
        let count = Int(start.load(fromByteOffset: 4, as: UInt16.self))
        return UnsafeBufferPointer(
            start: (start + Self.blockHeader).assumingMemoryBound(to: Extent.self), count: count)
    }

    private func judge(_ block: Int, _ start: UnsafeRawPointer) throws(JournalFormatError) {
        let place = block * Self.blockLength
        guard memory.makeReadable(place..<place + Self.blockLength) else { throw .damaged(.indexBlock(block)) }
        let bytes = UnsafeRawBufferPointer(start: start, count: Self.blockLength)
        guard CRC32C(of: bytes.part(4..<Self.blockLength)).value == bytes.number(at: 0) else {
            throw .damaged(.indexBlock(block))
        }
        guard (1...Self.blockCapacity).contains(Int(bytes.number(at: 4, as: UInt16.self))) else {
            throw .malformed(.indexBlock(block), "its number of entries")
        }
        judged[block >> 6] |= 1 << UInt64(block & 63)
    }

    /// The first block whose condition holds, of a condition that goes on to hold; `blockCount` when none does.
    @inline(__always)
    func firstBlock(from start: Int = 0, _ condition: (Int) -> Bool) -> Int {
        var low = start
        var high = blockCount
        while low < high {
            let middle = (low + high) >> 1
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Memory that holds an index.
public protocol IndexMemory: AnyObject {
    /// Aligned to 8.
    var bytes: UnsafeRawBufferPointer { get }

    /// Called once for each block ahead of its first reading, to fetch it from the disk.
    ///
    /// - Returns: false when the device cannot read it.
    func makeReadable(_ range: Range<Int>) -> Bool
}

/// An index that was made in this process.
public final class AllocatedIndex: IndexMemory {
    public let bytes: UnsafeRawBufferPointer

    init(_ parts: [UnsafeRawBufferPointer]) {
        let target = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(8, parts.reduce(0) { $0 + $1.count }), alignment: ExtentImage.blockLength)
        var next = 0
        for part in parts where !part.isEmpty {
            (target.baseAddress! + next).copyMemory(from: part.baseAddress!, byteCount: part.count)
            next += part.count
        }
        bytes = UnsafeRawBufferPointer(target)
    }

    deinit { bytes.deallocate() }

    public func makeReadable(_ range: Range<Int>) -> Bool { true }
}
