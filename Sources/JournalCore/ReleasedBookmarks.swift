import Checksum

/// The content of a journal's `released`: bookmarks that need not be kept, by the journal's number of their record.
/// Replaced as a whole.
public struct ReleasedBookmarks: Hashable, Sendable {
    static let magic: StaticString = "KLR1"
    static let headerLength = 64

    public var ordinals: Set<UInt64>

    public init(_ ordinals: Set<UInt64> = []) { self.ordinals = ordinals }

    /// The whole file.
    public var bytes: [UInt8] {
        var body = ByteWriter()
        for ordinal in ordinals.sorted() { body.put(ordinal) }
        var header = ByteWriter()
        header.put("KLR1".utf8)
        header.put(UInt32(ordinals.count))
        header.put(body.bytes.withUnsafeBytes { CRC32C(of: $0) }.value)
        header.close(at: Self.headerLength)
        return header.bytes + body.bytes
    }

    /// - Throws: `JournalFormatError`; never traps, whatever the bytes are.
    public init(reading bytes: UnsafeRawBufferPointer) throws(JournalFormatError) {
        var reader = try ByteReader.judging(bytes, .released, magic: Self.magic, count: Self.headerLength)
        let count: UInt32 = try reader.number()
        let checksum: UInt32 = try reader.number()
        let body = bytes.part(Self.headerLength..<bytes.count)
        guard CRC32C(of: body).value == checksum else { throw .damaged(.released) }
        guard body.count == Int(count) * 8 else {
            throw .malformed(.released, "\(body.count) bytes of \(count) bookmarks")
        }
        ordinals = []
        for number in 0..<Int(count) {
            guard ordinals.insert(body.number(at: number * 8)).inserted else {
                throw .malformed(.released, "a bookmark twice")
            }
        }
    }
}
