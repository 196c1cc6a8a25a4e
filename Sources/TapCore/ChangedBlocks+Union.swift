extension ChangedBlocks {
    /// Marks what another set of the same volume marks.
    public mutating func formUnion(_ other: ChangedBlocks) {
        var from: UInt64 = 0
        while let run = other.next(from: from, limit: 1 << 30) {
            mark(offset: run.offset, length: run.length)
            from = run.offset + run.length
        }
    }
}
