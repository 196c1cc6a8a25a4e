/// What is wrong with a file of a journal.
public enum JournalFormatError: Error, Hashable, Sendable {
    case truncated(JournalPart, needed: Int, present: Int)
    /// A checksum is not that of the bytes.
    case damaged(JournalPart)
    case unknownVersion(JournalPart, UInt8)
    /// The checksums are right and the contents are impossible.
    case malformed(JournalPart, String)
    /// It is whole and belongs to another journal or place.
    case foreign(JournalPart, String)
}

/// Where in a journal's files something is.
public enum JournalPart: Hashable, Sendable {
    case segmentHeader
    case footer
    /// A block of 4096 bytes of an index, counted from 0.
    case indexBlock(Int)
    case fences
    case frameTable
    case notes
    case state
    case released
    case kept
}

extension JournalPart: CustomStringConvertible {
    public var description: String {
        switch self {
        case .segmentHeader: "the segment's header"
        case .footer: "the footer"
        case .indexBlock(let number): "block \(number) of the index"
        case .fences: "the index's fences"
        case .frameTable: "the table of frames"
        case .notes: "the notes"
        case .state: "the state"
        case .released: "the list of released bookmarks"
        case .kept: "the list of kept points"
        }
    }
}

extension JournalFormatError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let part, let needed, let present): "\(part) needs \(needed) bytes, \(present) are there"
        case .damaged(let part): "\(part) is damaged"
        case .unknownVersion(let part, let version):
            "\(part) has version '\(Character(Unicode.Scalar(version)))', which is not known"
        case .malformed(let part, let reason): "\(part) makes no sense: \(reason)"
        case .foreign(let part, let reason): "\(part) belongs elsewhere: \(reason)"
        }
    }
}
