import StreamProtocol

/// The first 4096 bytes of a segment. Frames follow as they came; a sealed segment ends with its footer.
public struct SegmentHeader: Hashable, Sendable {
    public static let length = 4096
    static let magic: StaticString = "KLS1"

    public let machine: MachineID
    /// Segments of a journal are numbered from 1.
    public let number: UInt32
    /// Ahead of its first frame.
    public let start: JournalPlace

    public init(machine: MachineID, number: UInt32, start: JournalPlace) {
        self.machine = machine
        self.number = number
        self.start = start
    }

    /// The 4096 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put("KLS1".utf8)
        writer.put(machine)
        writer.put(number)
        writer.put(start)
        writer.close(at: Self.length)
        return writer.bytes
    }

    /// - Throws: `JournalFormatError`; never traps, whatever the bytes are.
    public init(reading bytes: UnsafeRawBufferPointer) throws(JournalFormatError) {
        var reader = try ByteReader.judging(bytes, .segmentHeader, magic: Self.magic, count: Self.length)
        machine = try reader.machine()
        number = try reader.number()
        start = try reader.place()
    }
}
