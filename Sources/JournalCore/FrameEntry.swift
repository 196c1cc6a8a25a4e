import StreamProtocol

/// What the journal keeps in mind of a frame: an entry of a segment's table of frames, 104 bytes on the disk.
public struct FrameEntry: Hashable, Sendable {
    /// The journal's number of its last record.
    public let lastOrdinal: UInt64
    public let generation: Generation
    public let lastSequence: UInt64
    /// Wall clock at the source, nanoseconds since 1970.
    public let time: UInt64
    /// From the segment's start, in units of 4096 bytes.
    public let start: UInt32
    /// In units of 4096 bytes.
    public let length: UInt32
    public let records: UInt32
    public let flags: FrameFlags
    public let lastKind: RecordKind
    private let digest: (UInt64, UInt64, UInt64, UInt64)

    static let size = 104

    /// - Parameters:
    ///   - start: bytes from the segment's start, a multiple of 4096.
    ///   - place: behind its last record.
    public init(_ header: FrameHeader, start: Int, place: JournalPlace, lastKind: RecordKind) {
        lastOrdinal = place.ordinal
        generation = header.generation
        lastSequence = header.lastSequence
        time = header.wallClock
        self.start = UInt32(start / FrameLimits.alignment)
        length = UInt32(header.frameLength / FrameLimits.alignment)
        records = UInt32(header.recordCount)
        flags = header.flags
        self.lastKind = lastKind
        digest = place.position.digest.bytes.withUnsafeBytes {
            ($0.number(at: 0), $0.number(at: 8), $0.number(at: 16), $0.number(at: 24))
        }
    }

    /// Behind its last record.
    public var place: JournalPlace {
        var bytes = ByteWriter()
        bytes.put(digest.0)
        bytes.put(digest.1)
        bytes.put(digest.2)
        bytes.put(digest.3)
        return JournalPlace(
            position: StreamPosition(
                generation: generation, sequence: lastSequence, digest: ChainDigest(bytes.bytes)),
            ordinal: lastOrdinal)
    }

    /// Bytes from the segment's start.
    public var range: Range<Int> {
        Int(start) * FrameLimits.alignment..<(Int(start) + Int(length)) * FrameLimits.alignment
    }

    /// Whether a machine can be opened behind it.
    public var isPoint: Bool { flags.contains(.endsEpoch) && !flags.contains(.notConsistent) }

    public static func == (left: FrameEntry, right: FrameEntry) -> Bool {
        left.lastOrdinal == right.lastOrdinal && left.generation == right.generation
            && left.lastSequence == right.lastSequence && left.time == right.time && left.start == right.start
            && left.length == right.length && left.records == right.records && left.flags == right.flags
            && left.lastKind == right.lastKind && left.digest == right.digest
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(lastOrdinal) }

    func write(to bytes: inout ByteWriter) {
        bytes.put(lastOrdinal)
        bytes.put(generation.number)
        bytes.put(lastSequence)
        bytes.put(time)
        bytes.put(start)
        bytes.put(length)
        bytes.put(records)
        bytes.put(flags.rawValue)
        bytes.put(lastKind.rawValue)
        bytes.put([UInt8](repeating: 0, count: 26))
        bytes.put(digest.0)
        bytes.put(digest.1)
        bytes.put(digest.2)
        bytes.put(digest.3)
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(JournalFormatError) {
        guard let kind = RecordKind(rawValue: bytes[45]) else {
            throw .malformed(.frameTable, "a record of kind \(bytes[45])")
        }
        lastOrdinal = bytes.number(at: 0)
        generation = Generation(bytes.number(at: 8))
        lastSequence = bytes.number(at: 16)
        time = bytes.number(at: 24)
        start = bytes.number(at: 32)
        length = bytes.number(at: 36)
        records = bytes.number(at: 40)
        flags = FrameFlags(rawValue: bytes[44])
        lastKind = kind
        digest = (bytes.number(at: 72), bytes.number(at: 80), bytes.number(at: 88), bytes.number(at: 96))
        guard length > 0, records > 0, lastOrdinal >= UInt64(records) else {
            throw .malformed(.frameTable, "a frame of \(length) blocks with \(records) records up to \(lastOrdinal)")
        }
    }
}
