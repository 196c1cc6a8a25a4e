import CLinux
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Brings the base from one point to a later one: the newest extent of each range up to there, in the order of
/// addresses, in transfers of up to 1 MiB. Done by a thread that waits; the loop reads meanwhile, since what is changed
/// here is never read from the base by points from `target` on.
struct Folding: Sendable {
    let folder: JournalFolder
    /// With the floor at `target` already.
    let state: JournalState
    let target: JournalPlace
    let targetTime: UInt64
    /// As they are at `target`.
    let volumes: [JournalVolume]
    /// From the oldest to the newest.
    let parts: [IndexPart]
    /// It was begun before: parts of blocks may be written whose sums are not.
    let isRepeated: Bool
    /// The youngest of them gets what is written over.
    let kept: KeptPoints

    /// - Returns: the state that was written.
    /// - Throws: `JournalFinding`, `JournalFormatError`, `SystemError`; ENOSPC: what was done is done again next time.
    func run() throws -> JournalState {
        if let youngest = kept.points.last {
            // A point that is listed has its files.
            for volume in youngest.volumes where volume.size > 0 {
                _ = try KeptBlocks(folder, youngest, volume, makes: true)
            }
            try DurableFile.replace(folder.kept, with: kept.bytes, mode: 0o600)
        }
        try DurableFile.replace(folder.state, with: state.bytes, mode: 0o600)
        let files = BaseFiles(folder: folder, set: state.baseSet)
        let images = try parts.compactMap { try MappedIndex.open($0.path, $0.footer) }
        let batch = try DirectBatch()
        var fetch = RecordFetch(folder, batch)
        for volume in volumes where volume.size > 0 {
            try files.prepareToGrow(volume)
            let writer = try BaseWriter(
                volume, files, batch, isRepeated: isRepeated, kept: try keptBlocks(volume.number))
            try fold(volume, images, writer, &fetch)
            try writer.flush()
            try files.prepare(volume)
        }
        var done = state
        done.base = target
        done.baseTime = targetTime
        done.isBaseConsistent = true
        done.volumes = volumes
        try DurableFile.replace(folder.state, with: done.bytes, mode: 0o600)
        return done
    }

    private func keptBlocks(_ number: VolumeNumber) throws(SystemError) -> KeptBlocks? {
        guard let point = kept.points.last, let volume = point.volumes.first(where: { $0.number == number }),
            volume.size > 0
        else { return nil }
        return try KeptBlocks(folder, point, volume)
    }

    private func fold(
        _ volume: JournalVolume, _ images: [ExtentImage], _ writer: BaseWriter, _ fetch: inout RecordFetch
    ) throws {
        var lookup = ExtentLookup()
        var chunks: [BaseChunk] = []
        var next = ExtentKey(volume.number, address: 0)
        let end = next + volume.units
        while let touched = try firstTouched(images, from: next), touched < end {
            let start = touched.address / BaseChunk.units * BaseChunk.units
            let units = min(BaseChunk.units, volume.units - start)
            let key = ExtentKey(volume.number, address: start)
            lookup.begin(key, units: UInt32(units), point: target.ordinal, base: state.base.ordinal)
            for image in images.reversed() where !lookup.isComplete { try lookup.search(image) }
            lookup.finish()
            chunks.append(BaseChunk(start: start, pieces: lookup.pieces.filter { $0.extent != nil }))
            if chunks.count == Self.batchLimit {
                try writer.write(chunks, &fetch)
                chunks = []
            }
            next = key + units
        }
        if !chunks.isEmpty { try writer.write(chunks, &fetch) }
    }

    /// Chunks of 1 MiB that are in memory at once.
    private static let batchLimit = 32

    private func firstTouched(_ images: [ExtentImage], from key: ExtentKey) throws(JournalFormatError) -> ExtentKey? {
        var first: ExtentKey?
        for image in images {
            let found = try ExtentLookup.firstTouched(
                image, from: key, point: target.ordinal, base: state.base.ordinal)
            if let found { first = min(found, first ?? found) }
        }
        return first
    }
}

/// 1 MiB of a volume and what of it changes.
struct BaseChunk {
    static let units: UInt64 = 2048
    static let length = 1 << 20

    /// In units of 512 bytes, a multiple of `units`.
    let start: UInt64
    /// Each with an extent.
    let pieces: [ExtentLookup.Piece]
}

extension BaseFiles {
    /// As `prepare`, without cutting anything off.
    ///
    /// - Throws: `SystemError`.
    func prepareToGrow(_ volume: JournalVolume) throws(SystemError) {
        for (path, length) in [
            (folder.base(set, volume.number), Self.imageLength(volume)),
            (folder.sums(set, volume.number), Self.sumsLength(volume)),
        ] {
            let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
            if try file.length(subject: path) < length {
                try systemCall("resize", path) { ftruncate(file.raw, off_t(length)) }
            }
        }
    }
}
