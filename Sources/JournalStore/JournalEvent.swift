import JournalCore
import Primitives
import StreamProtocol

/// What a journal tells its owner, on its loop.
public enum JournalEvent: Sendable {
    /// Everything up to here is flushed. `time`: wall clock at the source of the last frame.
    case durable(StreamPosition, time: UInt64)
    /// It takes no more for lack of room; everything that was acknowledged is kept.
    case full
    /// There is room again; the stream goes on behind the durable position.
    case hasRoom
    /// The disk failed: it takes nothing more until it is opened again. Reads go on.
    case faulted(String)
    /// Something is damaged: a line that names file, place and time.
    case finding(JournalFinding)
    /// The base has everything up to here; nothing ahead of it can be opened.
    case folded(StreamPosition)
}

/// A damage that was found.
public struct JournalFinding: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Place: Hashable, Sendable {
        case frame, index, base, recovery
    }

    public let place: Place
    /// Path of the file.
    public let file: String
    /// Bytes from the file's start.
    public let offset: UInt64
    /// Which range of the machine's volumes cannot be read; nil when it is none or not known.
    public private(set) var volume: VolumeNumber?
    /// In units of 512 bytes.
    public private(set) var address: UInt64
    public private(set) var units: UInt64
    /// The records that were affected, by the journal's number of the last one; 0 when not known.
    public let ordinal: UInt64
    public let cause: String
    /// Whether it was repaired, and from where; nil: not repaired.
    public var repair: String?
    /// Why it was not, when that was tried; a sentence.
    public var failure: String?

    public init(
        _ place: Place, file: String, offset: UInt64, volume: VolumeNumber? = nil, address: UInt64 = 0,
        units: UInt64 = 0, ordinal: UInt64 = 0, cause: String
    ) {
        self.place = place
        self.file = file
        self.offset = offset
        self.volume = volume
        self.address = address
        self.units = units
        self.ordinal = ordinal
        self.cause = cause
    }

    /// Names the volume and the range that a frame changes, as a whole copy of it says; several volumes are not named.
    mutating func name(_ frame: Frame) {
        let changes = (0..<frame.header.recordCount).map { frame.record($0) }.filter(\.kind.changesData)
        guard let first = changes.first, changes.allSatisfy({ $0.volume == first.volume }) else { return }
        volume = first.volume
        address = changes.reduce(first.address) { min($0, $1.address) }
        units = changes.reduce(0) { max($0, $1.address + UInt64($1.units)) } - address
    }

    public var description: String {
        var text = "\(file), byte \(offset)"
        if let volume {
            text += ": volume \(volume.number), bytes \(address * 512)..<\((address + units) * 512)"
        }
        text += ": \(cause)"
        if let repair { text += "; repaired from \(repair)" }
        if let failure { text += "; not repaired: \(failure)" }
        return text
    }
}

/// How a journal stands.
public struct JournalStatus: Sendable {
    public enum Condition: Hashable, Sendable {
        case running, full, closed
        case faulted(String)
    }

    public var condition: Condition
    /// The newest record that was taken; it may not be durable yet.
    public var taken: StreamPosition
    public var durable: StreamPosition
    /// Wall clock at the source, nanoseconds since 1970, of the newest durable frame; 0 without one.
    public var durableTime: UInt64
    /// The base has everything up to here.
    public var base: StreamPosition
    /// As they are at `taken`.
    public var volumes: [JournalVolume]
    /// Bytes on the disk.
    public var journalBytes: UInt64
    public var baseBytes: UInt64
    /// Indexes that a read at a point may have to search, and whether they are being merged.
    public var indexCount: Int
    public var isMerging: Bool
    /// Wall clock of the newest and oldest point that can be opened; nil without one.
    public var newestPoint: UInt64?
    public var oldestPoint: UInt64?
}
