import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Reads a kept point from a thread that waits, while the base may be folded on.
struct KeptReading: Sendable {
    let folder: JournalFolder
    /// The point and all younger ones that are kept.
    let points: [KeptPoint]
    let base: BaseFiles
    let baseVolumes: [JournalVolume]
    let volume: VolumeNumber

    /// The bytes of a range; zeros behind the point's own end. Wrong when a folding keeps a younger point meanwhile: the
    /// caller looks for that and reads again.
    ///
    /// - Throws: `JournalFinding`, `SystemError`.
    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        let length = UInt64(SummedBlocks.length)
        let links = try points.compactMap { point in
            try volume(in: point.volumes).map { try KeptBlocks(folder, point, $0, makes: point == points.last) }
        }
        let own = try volume(in: baseVolumes).map { try SummedBlocks.base(base, $0) }
        let end = offset + UInt64(count)
        let blocks = offset / length..<(end + length - 1) / length
        let sums = try links.map { try $0.sums(blocks) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(blocks.count * SummedBlocks.length)
        for (index, block) in blocks.enumerated() {
            if let link = links.indices.first(where: { sums[$0][index] != 0 }) {
                bytes += try links[link].read(block, expecting: sums[link][index])
            } else {
                bytes += try read(block, own, links.last)
            }
        }
        let skip = Int(offset - blocks.lowerBound * length)
        return skip == 0 && bytes.count == count ? bytes : Array(bytes[skip..<skip + count])
    }

    private func volume(in volumes: [JournalVolume]) -> JournalVolume? {
        volumes.first { $0.number == volume && $0.size > 0 }
    }

    /// A block that no point had kept. The folding may keep it and write over it while it is read: then what is kept
    /// counts.
    private func read(_ block: UInt64, _ base: SummedBlocks?, _ youngest: KeptBlocks?) throws -> [UInt8] {
        let outcome = Result {
            let sum = try base?.sums(block..<block + 1)[0] ?? 0
            guard let base, sum != 0 else { return [UInt8](repeating: 0, count: SummedBlocks.length) }
            return try base.read(block, expecting: sum)
        }
        if let youngest, case let sum = try youngest.sums(block..<block + 1)[0], sum != 0 {
            return try youngest.read(block, expecting: sum)
        }
        return try outcome.get()
    }
}
