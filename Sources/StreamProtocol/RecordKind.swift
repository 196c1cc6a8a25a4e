/// What a record of a stream says. Administration travels in the same order as data.
public enum RecordKind: UInt8, Sendable, CaseIterable {
    /// Bytes at an address.
    case write = 1
    /// Zeros at an address; no payload.
    case zero = 2
    /// The source gave up the range; reads as zeros.
    case discard = 3
    /// Everything ahead of it was on the source's disk: a barrier.
    case flush = 4
    /// A write that is on the source's disk with all that completed before: bytes and a barrier.
    case forcedWrite = 5
    /// Bytes read again from the source's disk, because the order of two writes was not known.
    case repair = 6
    /// One moment over all volumes: a barrier.
    case cut = 7
    /// A bookmark, its text as payload: a barrier with a name.
    case mark = 8
    /// A volume added or its size changed; payload of `VolumeChange`.
    case configuration = 9
}

/// Number of a disk or volume within a machine, from 0.
public struct VolumeNumber: Hashable, Comparable, Sendable, Codable {
    public let number: UInt16

    public init(_ number: UInt16) { self.number = number }

    public static func < (left: VolumeNumber, right: VolumeNumber) -> Bool { left.number < right.number }

    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt16.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// Addresses and lengths in records are counted in units of 512 bytes.
public enum StreamUnit {
    public static let bytes = 512
}
