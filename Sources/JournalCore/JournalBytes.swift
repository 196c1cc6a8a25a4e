import Checksum
import StreamProtocol

extension UnsafeRawBufferPointer {
    /// The little-endian number at `offset`.
    ///
    /// - Precondition: it lies within the bytes.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The part of it at `range`, counted from 0.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}

/// Appends the numbers of a file's header.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    mutating func put(_ machine: MachineID) {
        put(machine.high)
        put(machine.low)
    }

    mutating func put(_ position: StreamPosition) {
        put(position.generation.number)
        put(position.sequence)
        put(position.digest.bytes)
    }

    mutating func put(_ place: JournalPlace) {
        put(place.position)
        put(place.ordinal)
    }

    mutating func put(_ volume: JournalVolume) {
        put(volume.number.number)
        put(volume.size)
        put(UInt32(volume.blockSize))
    }

    /// Pads with zeros to `count` bytes, the last four of which become the CRC-32C of all ahead of them.
    mutating func close(at count: Int) {
        precondition(bytes.count <= count - 4, "a header without room for its fields")
        bytes.append(contentsOf: repeatElement(0, count: count - 4 - bytes.count))
        put(bytes.withUnsafeBytes { CRC32C(of: $0) }.value)
    }
}

/// Takes the numbers of a file's header, whatever its bytes are.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0
    private let what: JournalPart

    init(_ bytes: UnsafeRawBufferPointer, _ what: JournalPart) {
        self.bytes = bytes
        self.what = what
    }

    var remaining: Int { bytes.count - next }

    mutating func part(_ count: Int) throws(JournalFormatError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw .malformed(what, "it ends before its last field") }
        defer { next += count }
        return bytes.part(next..<next + count)
    }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        as type: Number.Type = Number.self
    ) throws(JournalFormatError) -> Number {
        try part(MemoryLayout<Number>.size).number(at: 0)
    }

    mutating func machine() throws(JournalFormatError) -> MachineID {
        MachineID(high: try number(), low: try number())
    }

    mutating func position() throws(JournalFormatError) -> StreamPosition {
        StreamPosition(
            generation: Generation(try number()), sequence: try number(),
            digest: ChainDigest(Array(try part(ChainDigest.length))))
    }

    mutating func place() throws(JournalFormatError) -> JournalPlace {
        JournalPlace(position: try position(), ordinal: try number())
    }

    mutating func volume() throws(JournalFormatError) -> JournalVolume {
        let volume = JournalVolume(
            number: VolumeNumber(try number()), size: try number(), blockSize: Int(try number(as: UInt32.self)))
        if let problem = volume.problem { throw .malformed(what, "volume \(volume.number.number): \(problem)") }
        return volume
    }

    /// Judges the checksum at the end of a whole header of `count` bytes, its magic and its version.
    ///
    /// - Returns: a reader of what follows magic and version.
    static func judging(
        _ bytes: UnsafeRawBufferPointer, _ what: JournalPart, magic: StaticString, count: Int
    ) throws(JournalFormatError) -> ByteReader {
        guard bytes.count >= count else { throw .truncated(what, needed: count, present: bytes.count) }
        let stored: UInt32 = bytes.number(at: count - 4)
        guard CRC32C(of: bytes.part(0..<count - 4)).value == stored else { throw .damaged(what) }
        guard bytes.prefix(3).elementsEqual(UnsafeBufferPointer(start: magic.utf8Start, count: 3)) else {
            throw .malformed(what, "it begins with something else")
        }
        guard bytes[3] == magic.utf8Start[3] else { throw .unknownVersion(what, bytes[3]) }
        return ByteReader(bytes.part(4..<count - 4), what)
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, with the body's own type of error.
    public func withBytes<Answer, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try withUnsafeBytes { bytes in Result { () throws(Failure) in try body(bytes) } }.get()
    }
}
