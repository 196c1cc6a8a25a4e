import Checksum
import StreamProtocol

/// Something that a segment's stream says besides data.
public struct JournalNote: Hashable, Sendable {
    /// Number of its record in the journal.
    public let ordinal: UInt64
    /// A bookmark's text or a change of a volume, as its payload has it.
    public let kind: RecordKind
    /// The volume that changes; nil of a bookmark.
    public let volume: VolumeNumber?
    public let payload: [UInt8]

    public init(ordinal: UInt64, kind: RecordKind, volume: VolumeNumber?, payload: [UInt8]) {
        self.ordinal = ordinal
        self.kind = kind
        self.volume = volume
        self.payload = payload
    }
}

/// The last 4096 bytes of a sealed segment or of a merged index: where the parts ahead of it are, their checksums, and
/// what is in them. The parts: blocks of the index, fences, table of frames, notes.
public struct SegmentFooter: Hashable, Sendable {
    public static let length = 4096
    static let magic: StaticString = "KLF1"

    public let machine: MachineID
    /// The segments whose extents are in the index.
    public let segments: ClosedRange<UInt32>
    /// Ahead of the first frame and behind the last one.
    public let start: JournalPlace
    public let end: JournalPlace
    /// Bytes from the file's start where the blocks begin, a multiple of 4096.
    public let indexStart: UInt64
    public let blockCount: UInt32
    public let ordinals: ClosedRange<UInt64>?
    public let frameCount: UInt32
    public let notesLength: UInt32
    /// Points in it, and the least and greatest of their times; the times are 0 without a point.
    public let pointCount: UInt32
    public let leastTime: UInt64
    public let greatestTime: UInt64
    let fencesChecksum: UInt32
    let framesChecksum: UInt32
    let notesChecksum: UInt32

    public var fencesRange: Range<UInt64> { range(indexRange.upperBound, Int(blockCount) * ExtentImage.fenceLength) }
    public var framesRange: Range<UInt64> { range(fencesRange.upperBound, Int(frameCount) * FrameEntry.size) }
    public var notesRange: Range<UInt64> { range(framesRange.upperBound, Int(notesLength)) }
    public var indexRange: Range<UInt64> { range(indexStart, Int(blockCount) * ExtentImage.blockLength) }
    /// Bytes of the whole file.
    public var fileLength: UInt64 {
        let alignment = UInt64(Self.length)
        return (notesRange.upperBound + alignment - 1) / alignment * alignment + alignment
    }

    private func range(_ start: UInt64, _ count: Int) -> Range<UInt64> { start..<start + UInt64(count) }

    /// - Throws: `JournalFormatError`; never traps, whatever the bytes are.
    public init(reading bytes: UnsafeRawBufferPointer, fileLength: UInt64) throws(JournalFormatError) {
        var reader = try ByteReader.judging(bytes, .footer, magic: Self.magic, count: Self.length)
        machine = try reader.machine()
        let firstSegment: UInt32 = try reader.number()
        let lastSegment: UInt32 = try reader.number()
        start = try reader.place()
        end = try reader.place()
        indexStart = try reader.number()
        blockCount = try reader.number()
        let leastOrdinal: UInt64 = try reader.number()
        let greatestOrdinal: UInt64 = try reader.number()
        frameCount = try reader.number()
        notesLength = try reader.number()
        pointCount = try reader.number()
        leastTime = try reader.number()
        greatestTime = try reader.number()
        fencesChecksum = try reader.number()
        framesChecksum = try reader.number()
        notesChecksum = try reader.number()
        guard firstSegment <= lastSegment, leastOrdinal <= greatestOrdinal, start.ordinal <= end.ordinal,
            indexStart < UInt64.max >> 1
        else { throw .malformed(.footer, "its ends are the wrong way round") }
        segments = firstSegment...lastSegment
        ordinals = blockCount == 0 ? nil : leastOrdinal...greatestOrdinal
        guard self.fileLength == fileLength else {
            throw .malformed(.footer, "it is that of a file of \(self.fileLength) bytes, not \(fileLength)")
        }
    }

    init(
        machine: MachineID, segments: ClosedRange<UInt32>, start: JournalPlace, end: JournalPlace, indexStart: UInt64,
        parts: SegmentFooterParts
    ) {
        self.machine = machine
        self.segments = segments
        self.start = start
        self.end = end
        self.indexStart = indexStart
        blockCount = UInt32(parts.fences.count / ExtentImage.fenceLength)
        ordinals = parts.ordinals
        frameCount = UInt32(parts.frameCount)
        notesLength = UInt32(parts.notes.count)
        pointCount = UInt32(parts.pointCount)
        leastTime = parts.leastTime
        greatestTime = parts.greatestTime
        func checksum(_ part: [UInt8]) -> UInt32 { part.withUnsafeBytes { CRC32C(of: $0) }.value }
        fencesChecksum = checksum(parts.fences)
        framesChecksum = checksum(parts.frames)
        notesChecksum = checksum(parts.notes)
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put("KLF1".utf8)
        writer.put(machine)
        writer.put(segments.lowerBound)
        writer.put(segments.upperBound)
        writer.put(start)
        writer.put(end)
        writer.put(indexStart)
        writer.put(blockCount)
        writer.put(ordinals?.lowerBound ?? 0)
        writer.put(ordinals?.upperBound ?? 0)
        writer.put(frameCount)
        writer.put(notesLength)
        writer.put(pointCount)
        writer.put(leastTime)
        writer.put(greatestTime)
        writer.put(fencesChecksum)
        writer.put(framesChecksum)
        writer.put(notesChecksum)
        writer.close(at: Self.length)
        return writer.bytes
    }

    /// Judges the fences against their checksum.
    ///
    /// - Throws: `JournalFormatError`.
    public func judge(fences bytes: UnsafeRawBufferPointer) throws(JournalFormatError) {
        guard bytes.count == fencesRange.count, CRC32C(of: bytes).value == fencesChecksum else {
            throw .damaged(.fences)
        }
    }

    /// - Parameter bytes: the file's `framesRange`.
    /// - Throws: `JournalFormatError`.
    public func frames(_ bytes: UnsafeRawBufferPointer) throws(JournalFormatError) -> [FrameEntry] {
        guard bytes.count == framesRange.count, CRC32C(of: bytes).value == framesChecksum else {
            throw .damaged(.frameTable)
        }
        var frames: [FrameEntry] = []
        frames.reserveCapacity(Int(frameCount))
        for number in 0..<Int(frameCount) {
            let start = number * FrameEntry.size
            frames.append(try FrameEntry(reading: bytes.part(start..<start + FrameEntry.size)))
        }
        return frames
    }

    /// - Parameter bytes: the file's `notesRange`.
    /// - Throws: `JournalFormatError`.
    public func notes(_ bytes: UnsafeRawBufferPointer) throws(JournalFormatError) -> [JournalNote] {
        guard bytes.count == notesRange.count, CRC32C(of: bytes).value == notesChecksum else {
            throw .damaged(.notes)
        }
        var reader = ByteReader(bytes, .notes)
        var notes: [JournalNote] = []
        while reader.remaining > 0 {
            let ordinal: UInt64 = try reader.number()
            let kind: UInt8 = try reader.number()
            guard let kind = RecordKind(rawValue: kind) else { throw .malformed(.notes, "a record of kind \(kind)") }
            let volume: UInt16 = try reader.number()
            let count: UInt32 = try reader.number()
            notes.append(
                JournalNote(
                    ordinal: ordinal, kind: kind, volume: kind == .configuration ? VolumeNumber(volume) : nil,
                    payload: Array(try reader.part(Int(count)))))
        }
        return notes
    }
}

/// What stands ahead of the last 4096 bytes, except for the blocks of the index.
public struct SegmentFooterParts: Sendable {
    let fences: [UInt8]
    let ordinals: ClosedRange<UInt64>?
    let frames: [UInt8]
    let frameCount: Int
    let notes: [UInt8]
    let pointCount: Int
    let leastTime: UInt64
    let greatestTime: UInt64

    /// - Parameter image: nil when nothing changed data.
    public init(image: ExtentImage?, frames: [FrameEntry], notes: [JournalNote]) {
        let fences = image.map { (Array($0.bytes[($0.blockCount * ExtentImage.blockLength)...]), $0.ordinals) }
        self.init(fences: fences, frames: frames, notes: notes)
    }

    /// - Parameter fences: of the index, and its ordinals; nil when nothing changed data.
    public init(
        fences: ([UInt8], ClosedRange<UInt64>)?, frames: [FrameEntry], notes: [JournalNote]
    ) {
        self.fences = fences?.0 ?? []
        ordinals = fences?.1
        var table = ByteWriter()
        for frame in frames { frame.write(to: &table) }
        self.frames = table.bytes
        frameCount = frames.count
        var list = ByteWriter()
        for note in notes {
            list.put(note.ordinal)
            list.put(note.kind.rawValue)
            list.put(note.volume?.number ?? 0)
            list.put(UInt32(note.payload.count))
            list.put(note.payload)
        }
        self.notes = list.bytes
        let times = frames.lazy.filter(\.isPoint).map(\.time)
        pointCount = frames.lazy.filter(\.isPoint).count
        leastTime = times.min() ?? 0
        greatestTime = times.max() ?? 0
    }

    /// Everything that follows the blocks, to the end of the file.
    ///
    /// - Parameter indexStart: bytes from the file's start where the blocks begin, a multiple of 4096.
    public func closing(
        machine: MachineID, segments: ClosedRange<UInt32>, start: JournalPlace, end: JournalPlace, indexStart: UInt64
    ) -> (bytes: [UInt8], footer: SegmentFooter) {
        precondition(indexStart % UInt64(SegmentFooter.length) == 0, "an index that is not aligned")
        let footer = SegmentFooter(
            machine: machine, segments: segments, start: start, end: end, indexStart: indexStart, parts: self)
        var bytes = fences + frames + notes
        let length = Int(footer.fileLength - footer.indexRange.upperBound)
        bytes.append(contentsOf: repeatElement(0, count: length - SegmentFooter.length - bytes.count))
        bytes.append(contentsOf: footer.bytes)
        return (bytes, footer)
    }
}
