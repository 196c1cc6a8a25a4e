import CLinux
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Blocks of a volume with their checksums, read by a thread that waits: an image and, for each 4096 bytes of it, a sum;
/// 0 where it has no block.
class SummedBlocks {
    let volume: JournalVolume
    let path: String
    let sumsPath: String
    fileprivate let image: OwnedDescriptor
    fileprivate let sums: OwnedDescriptor

    static let length = BaseFiles.block

    /// - Throws: `SystemError`.
    init(_ volume: JournalVolume, _ path: String, _ sumsPath: String, flags: Int32 = O_RDONLY) throws(SystemError) {
        self.volume = volume
        self.path = path
        self.sumsPath = sumsPath
        image = try OwnedDescriptor.open(path, flags: flags)
        sums = try OwnedDescriptor.open(sumsPath, flags: flags)
    }

    var count: UInt64 { BaseFiles.imageLength(volume) / UInt64(Self.length) }

    /// The sums of blocks; 0 behind the volume's end.
    ///
    /// - Throws: `SystemError`.
    func sums(_ blocks: Range<UInt64>) throws(SystemError) -> [UInt32] {
        let inside = blocks.clamped(to: 0..<count)
        var all = [UInt32](repeating: 0, count: blocks.count)
        guard !inside.isEmpty else { return all }
        let bytes = try sums.readRange(inside.lowerBound * 4..<inside.upperBound * 4, subject: sumsPath)
        let own = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        let skip = Int(inside.lowerBound - blocks.lowerBound)
        all.replaceSubrange(skip..<skip + own.count, with: own)
        return all
    }

    /// - Throws: `JournalFinding` when its checksum is not `sum`; `SystemError`.
    func read(_ block: UInt64, expecting sum: UInt32) throws -> [UInt8] {
        let bytes = try raw(block)
        guard bytes.withUnsafeBytes({ BaseFiles.sum($0) }) == sum else {
            throw finding(block, "the block's checksum is wrong")
        }
        return bytes
    }

    func raw(_ block: UInt64) throws(SystemError) -> [UInt8] {
        let start = block * UInt64(Self.length)
        return try image.readRange(start..<start + UInt64(Self.length), subject: path)
    }

    func finding(_ block: UInt64, _ cause: String) -> JournalFinding {
        let units = UInt64(Self.length / StreamUnit.bytes)
        return JournalFinding(
            .base, file: path, offset: block * UInt64(Self.length), volume: volume.number, address: block * units,
            units: units, cause: cause)
    }

    /// The next blocks of which some may be there.
    ///
    /// - Returns: up to `limit` of them; nil behind the last.
    /// - Throws: `SystemError`.
    func next(from block: UInt64, limit: UInt64) throws(SystemError) -> Range<UInt64>? {
        guard block < count else { return nil }
        let data = clinux_seek_data(sums.raw, Int64(block * 4))
        if data < 0 {
            guard errno == ENXIO else {
                throw SystemError(operation: "look for data in", subject: sumsPath, errno: errno)
            }
            return nil
        }
        let first = max(block, UInt64(data) / 4)
        return first < count ? first..<min(count, first + limit) : nil
    }
}

extension SummedBlocks {
    /// - Throws: `SystemError`.
    static func base(_ files: BaseFiles, _ volume: JournalVolume) throws(SystemError) -> SummedBlocks {
        try SummedBlocks(
            volume, files.folder.base(files.set, volume.number), files.folder.sums(files.set, volume.number))
    }
}

/// What the base had at a kept point, where it was folded over since. What a point does not have itself, the next
/// younger one has, and what none has is the base's.
final class KeptBlocks: SummedBlocks {
    /// A block with its content and sum.
    struct Block {
        let number: UInt64
        let bytes: [UInt8]
        let sum: UInt32
    }

    /// - Parameter makes: whether what is not there is made; of a point that is the youngest one.
    /// - Throws: `SystemError`.
    init(
        _ folder: JournalFolder, _ point: KeptPoint, _ volume: JournalVolume, makes: Bool = false
    ) throws(SystemError) {
        try super.init(
            volume, folder.keptBlocks(point.place.ordinal, volume.number),
            folder.keptSums(point.place.ordinal, volume.number), flags: makes ? O_RDWR | O_CREAT : O_RDWR)
        guard makes, try sums.length(subject: sumsPath) != BaseFiles.sumsLength(volume) else { return }
        try systemCall("resize", path) { ftruncate(image.raw, off_t(BaseFiles.imageLength(volume))) }
        try systemCall("resize", sumsPath) { ftruncate(sums.raw, off_t(BaseFiles.sumsLength(volume))) }
        try folder.flush()
    }

    /// Keeps blocks; they are durable when it returns.
    ///
    /// - Throws: `SystemError`.
    func write(_ blocks: [Block]) throws(SystemError) {
        guard !blocks.isEmpty else { return }
        for block in blocks {
            try block.bytes.withBytes { bytes throws(SystemError) in
                guard !BaseWriter.isZero(bytes) else { return }
                try image.write(bytes, at: block.number * UInt64(Self.length), subject: path)
            }
        }
        // The sums say that a block is there: they come last.
        try systemCall("flush", path) { fdatasync(image.raw) }
        for block in blocks {
            try withUnsafeBytes(of: block.sum) { Array($0) }.withBytes { bytes throws(SystemError) in
                try sums.write(bytes, at: block.number * 4, subject: sumsPath)
            }
        }
        try systemCall("flush", sumsPath) { fdatasync(sums.raw) }
    }

    /// Takes over what a younger point has and this one has not. Damaged blocks stay what they are, under their sums.
    ///
    /// - Throws: `SystemError`.
    func takeOver(_ younger: KeptBlocks) throws(SystemError) {
        var place: UInt64 = 0
        while let range = try younger.next(from: place, limit: 2_048) {
            place = range.upperBound
            let (own, theirs) = (try sums(range), try younger.sums(range))
            var blocks: [Block] = []
            for (index, number) in range.enumerated() where own[index] == 0 && theirs[index] != 0 {
                blocks.append(Block(number: number, bytes: try younger.raw(number), sum: theirs[index]))
            }
            try write(blocks)
        }
    }

    /// What is damaged of a point.
    ///
    /// - Parameter isYoungest: its files may not be there yet.
    static func damages(of point: KeptPoint, _ folder: JournalFolder, isYoungest: Bool) -> [JournalFinding] {
        var findings: [JournalFinding] = []
        for volume in point.volumes where volume.size > 0 {
            do {
                let blocks = try KeptBlocks(folder, point, volume, makes: isYoungest)
                var place: UInt64 = 0
                while let range = try blocks.next(from: place, limit: 2_048) {
                    place = range.upperBound
                    let sums = try blocks.sums(range)
                    for (index, number) in range.enumerated() where sums[index] != 0 {
                        do { _ = try blocks.read(number, expecting: sums[index]) } catch let finding as JournalFinding {
                            findings.append(finding)
                        }
                    }
                }
            } catch {
                findings.append(
                    JournalFinding(
                        .base, file: folder.keptBlocks(point.place.ordinal, volume.number), offset: 0,
                        volume: volume.number, cause: "\(error)"))
            }
        }
        return findings
    }
}
