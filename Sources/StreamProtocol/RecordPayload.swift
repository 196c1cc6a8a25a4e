/// What a record of kind `configuration` carries: a volume as it is from there on. 512 bytes, little-endian: size 8,
/// block size 4, length of the name 2, the name, zeros.
public struct VolumeChange: Hashable, Sendable {
    /// Bytes; a multiple of `blockSize`.
    public var size: UInt64
    /// 512 or 4096.
    public var blockSize: UInt32
    /// At most 255 bytes of UTF-8.
    public var name: String

    public static let length = StreamUnit.bytes
    static let nameStart = 14
    static let longestName = 255

    /// - Precondition: block size, size and length of the name are possible.
    public init(size: UInt64, blockSize: UInt32, name: String) {
        precondition(Self.problem(size: size, blockSize: blockSize, nameLength: name.utf8.count) == nil)
        self.size = size
        self.blockSize = blockSize
        self.name = name
    }

    /// Reads what a source wrote.
    public init(reading bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        let part = StreamPart.payload(record: nil)
        guard bytes.count == Self.length else { throw .malformed(part, "\(bytes.count) bytes for a volume's change") }
        size = bytes.number(at: 0)
        blockSize = bytes.number(at: 8)
        let count = Int(bytes.number(at: 12, as: UInt16.self))
        if let problem = Self.problem(size: size, blockSize: blockSize, nameLength: count) {
            throw .malformed(part, problem)
        }
        let end = Self.nameStart + count
        guard let name = String(validating: bytes[Self.nameStart..<end], as: UTF8.self) else {
            throw .malformed(part, "a volume's name that is not UTF-8")
        }
        guard bytes[end...].allSatisfy({ $0 == 0 }) else { throw .malformed(part, "bytes behind a volume's name") }
        self.name = name
    }

    private static func problem(size: UInt64, blockSize: UInt32, nameLength: Int) -> String? {
        guard blockSize == 512 || blockSize == 4_096 else { return "blocks of \(blockSize) bytes" }
        guard size % UInt64(blockSize) == 0, size < 1 << 63 else { return "a size of \(size) bytes" }
        return nameLength > longestName ? "a name of \(nameLength) bytes" : nil
    }

    /// The 512 bytes.
    public var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.put(size)
        writer.put(blockSize)
        writer.put(text: name)
        return writer.bytes + [UInt8](repeating: 0, count: Self.length - writer.bytes.count)
    }
}

/// What a record of kind `mark` carries: the text of a bookmark, padded with zeros to 512 bytes.
public struct BookmarkText: Hashable, Sendable {
    public let text: String

    /// Bytes of UTF-8 that a text may have.
    public static let longest = 500
    public static let length = StreamUnit.bytes

    /// - Returns: nil when the text is empty, too long or has a NUL in it.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.longest, !text.utf8.contains(0) else { return nil }
        self.text = text
    }

    /// Reads what a source wrote.
    public init(reading bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        let part = StreamPart.payload(record: nil)
        guard bytes.count == Self.length else { throw .malformed(part, "\(bytes.count) bytes for a bookmark") }
        let end = bytes.firstIndex(of: 0) ?? bytes.endIndex
        guard bytes[end...].allSatisfy({ $0 == 0 }),
            let text = String(validating: bytes[..<end], as: UTF8.self), let bookmark = BookmarkText(text)
        else { throw .malformed(part, "a bookmark without a possible text") }
        self = bookmark
    }

    /// The 512 bytes.
    public var bytes: [UInt8] {
        let own = Array(text.utf8)
        return own + [UInt8](repeating: 0, count: Self.length - own.count)
    }
}
