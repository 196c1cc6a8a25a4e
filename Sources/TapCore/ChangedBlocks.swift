/// Which blocks of a volume the replica may not have: one bit for each 4 KiB, and a summary that makes empty stretches
/// cheap to skip. 1 TiB takes 32 MiB.
public struct ChangedBlocks: Sendable {
    /// Bytes of a block: small, so that few unchanged bytes travel with changed ones.
    public static let blockSize: UInt64 = 4096

    /// Bytes of the volume.
    public private(set) var size: UInt64
    private var words: ContiguousArray<UInt64>
    /// One bit for each word that is not zero.
    private var summary: ContiguousArray<UInt64>
    /// Blocks that are marked.
    public private(set) var count: UInt64 = 0

    public init(size: UInt64) {
        self.size = size
        words = ContiguousArray(repeating: 0, count: Self.words(of: size))
        summary = ContiguousArray(repeating: 0, count: (words.count + 63) / 64)
    }

    private static func words(of size: UInt64) -> Int { Int(((size + blockSize - 1) / blockSize + 63) / 64) }

    /// Marked bytes; the last block counts whole.
    public var bytes: UInt64 { count * Self.blockSize }
    public var isEmpty: Bool { count == 0 }

    /// Marks every block that the range touches.
    ///
    /// - Precondition: the range lies within the volume.
    public mutating func mark(offset: UInt64, length: UInt64) {
        guard length > 0 else { return }
        precondition(offset + length <= size, "a mark past the end of the volume")
        set(from: offset / Self.blockSize, to: (offset + length - 1) / Self.blockSize + 1)
    }

    /// Unmarks the blocks that the range covers whole; the last block of the volume may be shorter.
    public mutating func clear(offset: UInt64, length: UInt64) {
        guard count > 0, length > 0 else { return }
        let first = (offset + Self.blockSize - 1) / Self.blockSize
        let end = offset + length >= size ? Self.blocks(size) : (offset + length) / Self.blockSize
        if first < end { unset(from: first, to: end) }
    }

    private static func blocks(_ size: UInt64) -> UInt64 { (size + blockSize - 1) / blockSize }

    /// Whether anything in the range is marked.
    public func contains(offset: UInt64, length: UInt64) -> Bool {
        guard let run = next(from: offset, limit: Self.blockSize) else { return false }
        return run.offset < offset + length
    }

    /// The first marked stretch at or after an offset.
    ///
    /// - Parameter limit: the most bytes of the stretch, a multiple of `blockSize`.
    /// - Returns: bytes, cut at the end of the volume; nil when nothing is marked from there on.
    public func next(from offset: UInt64, limit: UInt64) -> (offset: UInt64, length: UInt64)? {
        guard offset < size, let first = firstMarked(from: offset / Self.blockSize) else { return nil }
        var end = first + 1
        while end - first < limit / Self.blockSize, isMarked(end) { end += 1 }
        let start = first * Self.blockSize
        return (start, min(end * Self.blockSize, size) - start)
    }

    /// The volume became larger or smaller; new blocks are marked.
    public mutating func resize(to newSize: UInt64) {
        var other = ChangedBlocks(size: newSize)
        var from: UInt64 = 0
        while let run = next(from: from, limit: 1 << 30), run.offset < newSize {
            other.mark(offset: run.offset, length: min(run.length, newSize - run.offset))
            from = run.offset + run.length
        }
        if newSize > size { other.mark(offset: size, length: newSize - size) }
        self = other
    }

    private func isMarked(_ block: UInt64) -> Bool {
        let word = Int(block / 64)
        return word < words.count && words[word] & (1 << (block % 64)) != 0
    }

    private func firstMarked(from block: UInt64) -> UInt64? {
        var word = Int(block / 64)
        guard word < words.count else { return nil }
        let rest = words[word] & (~0 << (block % 64))
        if rest != 0 { return UInt64(word) * 64 + UInt64(rest.trailingZeroBitCount) }
        word += 1
        guard word < words.count else { return nil }
        var group = word / 64
        var groupRest = summary[group] & (~0 << UInt64(word % 64))
        while groupRest == 0 {
            group += 1
            guard group < summary.count else { return nil }
            groupRest = summary[group]
        }
        let found = group * 64 + groupRest.trailingZeroBitCount
        return UInt64(found) * 64 + UInt64(words[found].trailingZeroBitCount)
    }

    private mutating func set(from first: UInt64, to end: UInt64) {
        eachWord(first, end) { blocks, index, mask in
            blocks.count += UInt64((mask & ~blocks.words[index]).nonzeroBitCount)
            blocks.words[index] |= mask
            blocks.summary[index / 64] |= 1 << UInt64(index % 64)
        }
    }

    private mutating func unset(from first: UInt64, to end: UInt64) {
        eachWord(first, end) { blocks, index, mask in
            blocks.count -= UInt64((mask & blocks.words[index]).nonzeroBitCount)
            blocks.words[index] &= ~mask
            if blocks.words[index] == 0 { blocks.summary[index / 64] &= ~(1 << UInt64(index % 64)) }
        }
    }

    private mutating func eachWord(
        _ first: UInt64, _ end: UInt64, _ body: (inout ChangedBlocks, Int, UInt64) -> Void
    ) {
        var block = first
        while block < end {
            let bits = min(64 - block % 64, end - block)
            let mask: UInt64 = (bits == 64 ? ~0 : (1 << bits) - 1) << (block % 64)
            body(&self, Int(block / 64), mask)
            block += bits
        }
    }
}
