import Checksum

/// Makes an index from extents in its order. Blocks can be taken out on the way, so that a long index never stands in
/// memory as a whole; what stays are the fences, 32 bytes for each 102 entries.
public struct ExtentImageBuilder {
    private var pending: [Extent] = []
    private var blocks: [UInt8] = []
    private var firstKeys: [UInt64] = []
    private var reaches: [UInt64] = []
    private var reachesSoFar: [UInt64] = []
    private var leastOrdinals: [UInt64] = []
    private var ordinals: ClosedRange<UInt64>?
    public private(set) var count = 0

    public init() { pending.reserveCapacity(ExtentImage.blockCapacity) }

    public var blockCount: Int { firstKeys.count }

    /// - Precondition: it does not precede the one appended before.
    public mutating func append(_ extent: Extent) {
        if let last = pending.last { precondition(!Extent.precedes(extent, last), "extents out of order") }
        pending.append(extent)
        count += 1
        if pending.count == ExtentImage.blockCapacity { closeBlock() }
    }

    /// The blocks that are complete and were not taken before.
    public mutating func takeBlocks() -> [UInt8] {
        defer { blocks.removeAll(keepingCapacity: true) }
        return blocks
    }

    /// Bytes that `takeBlocks` would give.
    public var readyBytes: Int { blocks.count }

    /// Closes the last block; then `takeBlocks` gives the rest.
    ///
    /// - Returns: the fences, as they follow the blocks, and the least and greatest ordinal; nil without an extent.
    public mutating func finish() -> (fences: [UInt8], ordinals: ClosedRange<UInt64>)? {
        if !pending.isEmpty { closeBlock() }
        guard let ordinals else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(blockCount * ExtentImage.fenceLength)
        for numbers in [firstKeys, reaches, reachesSoFar, leastOrdinals] {
            numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return (bytes, ordinals)
    }

    /// The whole index in memory; nil without an extent.
    ///
    /// - Precondition: no blocks were taken.
    public mutating func image() -> ExtentImage? {
        guard let (fences, ordinals) = finish() else { return nil }
        precondition(blocks.count == blockCount * ExtentImage.blockLength, "blocks were taken")
        let memory = blocks.withUnsafeBytes { blocks in fences.withUnsafeBytes { AllocatedIndex([blocks, $0]) } }
        return ExtentImage(memory, blockCount: blockCount, ordinals: ordinals, isTrusted: true)
    }

    private mutating func closeBlock() {
        let reach = pending.lazy.map(\.end.value).max()!
        let least = pending.lazy.map(\.ordinal).min()!
        let greatest = pending.lazy.map(\.ordinal).max()!
        firstKeys.append(pending[0].key.value)
        reaches.append(reach)
        reachesSoFar.append(max(reach, reachesSoFar.last ?? 0))
        leastOrdinals.append(least)
        ordinals = min(least, ordinals?.lowerBound ?? least)...max(greatest, ordinals?.upperBound ?? greatest)
        let start = blocks.count
        blocks.append(contentsOf: repeatElement(0, count: ExtentImage.blockLength))
        blocks.withUnsafeMutableBytes { all in
            let block = UnsafeMutableRawBufferPointer(rebasing: all[start...])
            block.storeBytes(of: UInt16(pending.count).littleEndian, toByteOffset: 4, as: UInt16.self)
            pending.withUnsafeBytes {
                (block.baseAddress! + ExtentImage.blockHeader).copyMemory(
                    from: $0.baseAddress!, byteCount: $0.count)
            }
            let checksum = CRC32C(of: UnsafeRawBufferPointer(rebasing: block[4...])).value
            block.storeBytes(of: checksum.littleEndian, toByteOffset: 0, as: UInt32.self)
        }
        pending.removeAll(keepingCapacity: true)
    }
}

/// Goes through several indexes as through one.
public struct ExtentMerge {
    private struct Cursor {
        let image: ExtentImage
        var block = 0
        var next = 0
        var entries: UnsafeBufferPointer<Extent>
    }

    private var cursors: [Cursor] = []

    /// - Throws: `JournalFormatError` of a damaged block.
    public init(_ images: [ExtentImage]) throws(JournalFormatError) {
        for image in images where image.blockCount > 0 {
            cursors.append(Cursor(image: image, entries: try image.entries(0)))
        }
    }

    /// The next extent in order.
    ///
    /// - Throws: `JournalFormatError` of a damaged block.
    public mutating func next() throws(JournalFormatError) -> Extent? {
        guard var best = cursors.indices.first else { return nil }
        var extent = cursors[best].entries[cursors[best].next]
        for index in cursors.indices.dropFirst() {
            let other = cursors[index].entries[cursors[index].next]
            if Extent.precedes(other, extent) { (best, extent) = (index, other) }
        }
        try advance(best)
        return extent
    }

    private mutating func advance(_ index: Int) throws(JournalFormatError) {
        cursors[index].next += 1
        guard cursors[index].next == cursors[index].entries.count else { return }
        cursors[index].next = 0
        cursors[index].block += 1
        if cursors[index].block == cursors[index].image.blockCount {
            cursors.remove(at: index)
        } else {
            cursors[index].entries = try cursors[index].image.entries(cursors[index].block)
        }
    }
}
