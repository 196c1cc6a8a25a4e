import BlockIO
import JournalCore
import Linux
import StreamProtocol

extension JournalReader {
    /// Units of one look.
    private static let look: UInt64 = 1 << 16

    /// Which parts of a range hold data, without reading them.
    ///
    /// - Throws: whatever makes it impossible to say.
    func extents(_ start: ExtentKey, units: UInt64, point: UInt64) throws -> [BlockExtent] {
        let units = UInt32(min(units, Self.look))
        try find(start, units, point)
        let volume = try journal.base.volume(start.volume, of: journal.state, on: journal.host.loop)
        var extents: [BlockExtent] = []
        func add(_ units: UInt64, _ isAllocated: Bool) {
            let length = units * UInt64(StreamUnit.bytes)
            if extents.last?.isAllocated == isAllocated {
                extents[extents.count - 1].length += length
            } else {
                extents.append(BlockExtent(length: length, isAllocated: isAllocated))
            }
        }
        for piece in lookup.pieces {
            if let extent = piece.extent {
                add(UInt64(piece.units), extent.content != .zeros)
            } else {
                try addBase(piece, volume, add)
            }
        }
        return extents
    }

    private func addBase(
        _ piece: ExtentLookup.Piece, _ volume: BaseVolume?, _ add: (UInt64, Bool) -> Void
    ) throws(SystemError) {
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        let begin = piece.start.address
        let end = begin + UInt64(piece.units)
        let inside = max(begin, min(end, (volume?.length ?? 0) / UInt64(StreamUnit.bytes)))
        if let volume, inside > begin {
            let first = begin / unitsPerBlock
            let count = Int((inside + unitsPerBlock - 1) / unitsPerBlock - first)
            try volume.readSums(first, count, into: &sums)
            for number in 0..<count {
                let low = max(begin, (first + UInt64(number)) * unitsPerBlock)
                let high = min(inside, (first + UInt64(number) + 1) * unitsPerBlock)
                add(high - low, sums[number] != 0)
            }
        }
        if end > inside { add(end - inside, false) }
    }

    /// Closes files of segments; those under way stay open until they are done.
    func forgetFiles() { files = [:] }
}

extension JournalReader {
    /// Closes the file of a segment that is deleted.
    func forget(_ segment: UInt32) { files[segment] = nil }
}
