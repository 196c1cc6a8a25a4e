import Checksum

/// What is said beside the frames. 16 bytes ahead: magic `KLM1` 4, type 1, zeros 3, length of the body 4, CRC-32C of
/// these 12 bytes 4; then the body and its CRC-32C. All numbers are little-endian.
public enum StreamMessage: Hashable, Sendable {
    case hello(Hello)
    case answer(HelloAnswer)
    case acknowledgement(Acknowledgement)
    /// To the source: end a write epoch with this bookmark.
    case bookmark(BookmarkText)
    case copyRange(CopyRange)
    case copyEnd(CopyEnd)
    case compare(CompareRequest)
    case compared(CompareAnswer)
    case report(SourceReport)
    /// From node to node, on a connection that is for nothing else.
    case fetch(FetchRequest)
    case fetched(FetchAnswer)
    /// The last words of whoever ends the connection: a sentence for the log.
    case bye(String)

    static let magic: UInt32 = 0x4D_4C4B
    static let version = UInt8(ascii: "1")
    static let headerLength = 16
    static let checksumLength = 4
    /// Bytes of the longest body: the pieces of a copy and what was fetched, and everything else.
    static let longestCopy = FrameLimits.payload + 64
    static let longestOther = 64 << 10

    private var type: UInt8 {
        switch self {
        case .hello: 1
        case .answer: 2
        case .acknowledgement: 3
        case .bookmark: 4
        case .copyRange: 5
        case .copyEnd: 6
        case .compare: 7
        case .compared: 8
        case .report: 9
        case .bye: 10
        case .fetch: 11
        case .fetched: 12
        }
    }

    /// The message as it goes over the wire.
    public var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .hello(let hello): hello.write(to: &writer)
        case .answer(let answer): answer.write(to: &writer)
        case .acknowledgement(let acknowledgement): acknowledgement.write(to: &writer)
        case .bookmark(let bookmark): writer.put(text: bookmark.text)
        case .copyRange(let range): range.write(to: &writer)
        case .copyEnd(let end): end.write(to: &writer)
        case .compare(let request): request.write(to: &writer)
        case .compared(let answer): answer.write(to: &writer)
        case .report(let report): report.write(to: &writer)
        case .fetch(let request): request.write(to: &writer)
        case .fetched(let answer): answer.write(to: &writer)
        case .bye(let reason): writer.put(text: String(reason.prefix(1_000)))
        }
        let body = writer.bytes
        precondition(body.count <= Self.longestBody(of: type) ?? 0, "a message of \(body.count) bytes")
        var whole = MessageWriter()
        whole.put(Self.magic | UInt32(Self.version) << 24)
        whole.put(UInt32(type))
        whole.put(UInt32(body.count))
        whole.put(whole.bytes.withUnsafeBytes { CRC32C(of: $0).value })
        whole.put(body)
        whole.put(body.withUnsafeBytes { CRC32C(of: $0).value })
        return whole.bytes
    }

    private static func longestBody(of type: UInt8) -> Int? {
        switch type {
        case 5, 12: longestCopy
        case 1...11: longestOther
        default: nil
        }
    }

    /// Bytes of the whole message at the start of `bytes`, of which 16 must be there.
    static func length(of bytes: UnsafeRawBufferPointer) throws(StreamFormatError) -> Int {
        guard bytes.count >= headerLength else { throw .truncated(needed: headerLength, present: bytes.count) }
        guard CRC32C(of: bytes.part(0..<12)).value == bytes.number(at: 12) else { throw .damaged(.messageHeader) }
        let magic = bytes.number(at: 0, as: UInt32.self)
        guard magic & 0xFF_FFFF == Self.magic else { throw .strangeMagic(magic) }
        guard bytes[3] == version else { throw .unknownVersion(bytes[3]) }
        guard bytes[5] == 0, bytes[6] == 0, bytes[7] == 0 else {
            throw .malformed(.messageHeader, "bytes 5 to 7 are not zero")
        }
        guard let longest = longestBody(of: bytes[4]) else { throw .unknownMessage(type: bytes[4]) }
        let count = Int(bytes.number(at: 8, as: UInt32.self))
        guard count <= longest else { throw .malformed(.messageHeader, "a body of \(count) bytes") }
        return headerLength + count + checksumLength
    }

    /// Reads the message at the start of `bytes`. Never traps, whatever the bytes are.
    public init(reading bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        let length = try Self.length(of: bytes)
        guard bytes.count >= length else { throw .truncated(needed: length, present: bytes.count) }
        let end = length - Self.checksumLength
        let body = bytes.part(Self.headerLength..<end)
        guard CRC32C(of: body).value == bytes.number(at: end) else { throw .damaged(.message) }
        var reader = MessageReader(body)
        self = try Self.read(type: bytes[4], &reader)
        try reader.finish()
    }

    private static func read(type: UInt8, _ reader: inout MessageReader) throws(StreamFormatError) -> StreamMessage {
        switch type {
        case 1: return .hello(try Hello(reading: &reader))
        case 2: return .answer(try HelloAnswer(reading: &reader))
        case 3: return .acknowledgement(try Acknowledgement(reading: &reader))
        case 4:
            guard let bookmark = BookmarkText(try reader.text()) else { throw .malformed(.message, "no bookmark") }
            return .bookmark(bookmark)
        case 5: return .copyRange(try CopyRange(reading: &reader))
        case 6: return .copyEnd(try CopyEnd(reading: &reader))
        case 7: return .compare(try CompareRequest(reading: &reader))
        case 8: return .compared(try CompareAnswer(reading: &reader))
        case 9: return .report(try SourceReport(reading: &reader))
        case 10: return .bye(try reader.text())
        case 11: return .fetch(try FetchRequest(reading: &reader))
        case 12: return .fetched(try FetchAnswer(reading: &reader))
        default: throw .unknownMessage(type: type)
        }
    }
}
