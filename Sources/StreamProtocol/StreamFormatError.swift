/// What is wrong with bytes of a stream that came over the wire or from a journal.
public enum StreamFormatError: Error, Hashable, Sendable {
    /// The bytes begin neither a frame nor a message.
    case strangeMagic(UInt32)
    /// A frame or message of a version that is not known here; the version's character.
    case unknownVersion(UInt8)
    /// There are fewer bytes than the header announces.
    case truncated(needed: Int, present: Int)
    /// A checksum is not that of the bytes.
    case damaged(StreamPart)
    /// The checksums are right and the contents are impossible.
    case malformed(StreamPart, String)
    case unknownMessage(type: UInt8)
}

/// Where in a frame or message something is.
public enum StreamPart: Hashable, Sendable {
    case header
    /// The header of a record, counted from 0 within its frame.
    case record(Int)
    /// The payload; of which record when that is known.
    case payload(record: Int?)
    /// The checksum at the end of a frame.
    case closing
    case padding
    /// Records or payload: more than one bit is wrong.
    case body
    case messageHeader
    case message
}

extension StreamPart: CustomStringConvertible {
    public var description: String {
        switch self {
        case .header: "the header"
        case .record(let number): "the header of record \(number)"
        case .payload(.some(let number)): "the payload of record \(number)"
        case .payload(.none): "the payload"
        case .closing: "the closing checksum"
        case .padding: "the padding"
        case .body: "records or payload"
        case .messageHeader: "a message's header"
        case .message: "a message"
        }
    }
}

extension StreamFormatError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .strangeMagic(let value): "0x\(String(value, radix: 16)) begins neither a frame nor a message"
        case .unknownVersion(let version): "version '\(Character(Unicode.Scalar(version)))' is not known"
        case .truncated(let needed, let present): "\(needed) bytes are announced, \(present) are there"
        case .damaged(let part): "\(part) is damaged"
        case .malformed(let part, let reason): "\(part) makes no sense: \(reason)"
        case .unknownMessage(let type): "messages of type \(type) are not known"
        }
    }
}
