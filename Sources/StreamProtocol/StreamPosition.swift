/// One unbroken run of a machine's stream. A new one begins at every insertion of the tap, uncertified boot, takeover,
/// failback and promotion; it only grows.
public struct Generation: Hashable, Comparable, Sendable, Codable {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }

    public static func < (left: Generation, right: Generation) -> Bool { left.number < right.number }

    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt64.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// The digest of everything in a stream up to a position: chained over the frames, so that two nodes with the same
/// digest hold the same prefix.
public struct ChainDigest: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// - Precondition: 32 bytes.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.length)
        self.bytes = bytes
    }

    public static let length = 32

    /// Of a stream in which nothing has been yet.
    public static let empty = ChainDigest([UInt8](repeating: 0, count: length))
}

/// How far a stream has come: the last record that is in it. Records of a generation are numbered from 1.
public struct StreamPosition: Hashable, Sendable {
    public let generation: Generation
    public let sequence: UInt64
    public let digest: ChainDigest

    public init(generation: Generation, sequence: UInt64, digest: ChainDigest) {
        self.generation = generation
        self.sequence = sequence
        self.digest = digest
    }

    /// Before the first generation.
    public static let none = StreamPosition(generation: Generation(0), sequence: 0, digest: .empty)
}

/// A record of a stream, without the digest: enough to say which of two comes first.
public struct StreamMark: Hashable, Comparable, Sendable {
    public let generation: Generation
    public let sequence: UInt64

    public init(generation: Generation, sequence: UInt64) {
        self.generation = generation
        self.sequence = sequence
    }

    public init(_ position: StreamPosition) {
        self.init(generation: position.generation, sequence: position.sequence)
    }

    public static func < (left: StreamMark, right: StreamMark) -> Bool {
        (left.generation, left.sequence) < (right.generation, right.sequence)
    }
}
