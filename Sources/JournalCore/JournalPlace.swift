import StreamProtocol

/// A place between two records of a journal: how far the stream has come, and how many records the journal has taken by
/// then, over all generations. A journal's records are numbered by that from 1; so one number orders them.
public struct JournalPlace: Hashable, Sendable {
    public let position: StreamPosition
    public let ordinal: UInt64

    public init(position: StreamPosition, ordinal: UInt64) {
        self.position = position
        self.ordinal = ordinal
    }

    /// Before everything.
    public static let start = JournalPlace(position: .none, ordinal: 0)
}

extension StreamPosition {
    /// Whether it lies behind another one in the order of one stream.
    public func isBehind(_ other: StreamPosition) -> Bool {
        (generation, sequence) > (other.generation, other.sequence)
    }
}
