import Checksum
import Glibc
import JournalCore
import Linux
import Primitives
import StreamProtocol

/// A journal of many records whose data is sparse: whole segments with real indexes over frames that are holes. Every
/// record reads as 4 KiB of zeros, and its checksum is that of zeros.
struct SyntheticJournal {
    let folder: String
    let machine = MachineID(high: 1, low: 1)
    let segments: Int
    /// Records of 4 KiB in a frame, and frames in a segment of 256 MiB.
    static let recordsPerFrame = 255
    static let framesPerSegment = 252
    static let frameLength = 1 << 20
    static var recordsPerSegment: Int { recordsPerFrame * framesPerSegment }

    /// As many bytes as there are records of 4 KiB, so that a record is written about once.
    var volume: JournalVolume {
        JournalVolume(
            number: VolumeNumber(0), size: UInt64(segments * Self.recordsPerSegment) * 4096, blockSize: 4096)
    }

    /// Puts the segments into a folder whose journal was begun and closed.
    func write() throws(SystemError) {
        var random = SeededRandom(seed: 1)
        var place = JournalPlace.start
        for number in 1...UInt32(segments) { place = try write(number, place, &random) }
    }

    private func write(
        _ number: UInt32, _ start: JournalPlace, _ random: inout SeededRandom
    ) throws(SystemError) -> JournalPlace {
        let zeros = [UInt8](repeating: 0, count: 4096)
        let checksum = zeros.withUnsafeBytes { CRC32C(of: $0) }.value
        var extents: [Extent] = []
        var frames: [FrameEntry] = []
        var place = start
        for frame in 0..<Self.framesPerSegment {
            let at = SegmentHeader.length + frame * Self.frameLength
            for record in 0..<Self.recordsPerFrame {
                let block = UInt64.random(in: 0..<volume.size / 4096, using: &random)
                extents.append(
                    Extent(
                        key: ExtentKey(volume.number, address: block * 8), units: 8, segment: number,
                        ordinal: place.ordinal + UInt64(record) + 1,
                        content: .plain(place: UInt32(at + 4096 + record * 4096), checksum: checksum)))
            }
            place = JournalPlace(
                position: StreamPosition(
                    generation: Generation(1), sequence: place.ordinal + UInt64(Self.recordsPerFrame),
                    digest: .empty), ordinal: place.ordinal + UInt64(Self.recordsPerFrame))
            frames.append(entry(place, at))
        }
        try write(number, start, place, extents, frames)
        return place
    }

    private func entry(_ place: JournalPlace, _ start: Int) -> FrameEntry {
        let first = place.ordinal + 1 - UInt64(Self.recordsPerFrame)
        let header = FrameHeader(
            flags: .endsEpoch, machine: machine, generation: Generation(1), firstSequence: first, writeEpoch: 1,
            bytesAhead: 0, wallClock: place.ordinal * 1_000_000, monotonicClock: 0,
            recordCount: Self.recordsPerFrame, rawLength: Self.recordsPerFrame * 4096 - 4096,
            storedLength: Self.recordsPerFrame * 4096 - 4096)
        return FrameEntry(header, start: start, place: place, lastKind: .forcedWrite)
    }

    private func write(
        _ number: UInt32, _ start: JournalPlace, _ end: JournalPlace, _ extents: [Extent], _ frames: [FrameEntry]
    ) throws(SystemError) {
        var builder = ExtentImageBuilder()
        for extent in extents.sorted(by: { ($0.key.value, $1.ordinal) < ($1.key.value, $0.ordinal) }) {
            builder.append(extent)
        }
        let image = builder.image()
        let parts = SegmentFooterParts(image: image, frames: frames, notes: [])
        let (closing, footer) = parts.closing(
            machine: machine, segments: number...number, start: start, end: end,
            indexStart: UInt64(SegmentHeader.length + Self.framesPerSegment * Self.frameLength))
        let digits = String(number)
        let path = folder + "/segment-" + String(repeating: "0", count: 8 - digits.count) + digits
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT | O_TRUNC)
        try file.write(SegmentHeader(machine: machine, number: number, start: start).bytes, subject: path)
        try systemCall("go to the index of", path) { lseek(file.raw, off_t(footer.indexStart), SEEK_SET) }
        if let image { try file.write(image.bytes[..<footer.indexRange.count], subject: path) }
        try file.write(closing, subject: path)
    }
}
