/// When data counts as safe.
public enum AcknowledgementLevel: String, Codable, Sendable, CaseIterable {
    /// Flushed on one node.
    case durable
    /// Flushed on two nodes.
    case replicated
}

/// How far the other side has come, cumulative: each number is the last record of `generation` that it holds for.
public struct Acknowledgement: Hashable, Sendable {
    public var generation: Generation
    /// In memory.
    public var received: UInt64
    /// Flushed on this node.
    public var durable: UInt64
    /// Flushed on both nodes.
    public var replicated: UInt64
    /// In the base image.
    public var applied: UInt64
    /// Bytes of frames that may be under way behind `received`.
    public var credits: UInt64

    public init(
        generation: Generation, received: UInt64 = 0, durable: UInt64 = 0, replicated: UInt64 = 0, applied: UInt64 = 0,
        credits: UInt64 = 0
    ) {
        self.generation = generation
        self.received = received
        self.durable = durable
        self.replicated = replicated
        self.applied = applied
        self.credits = credits
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        self.init(
            generation: Generation(try reader.number()), received: try reader.number(), durable: try reader.number(),
            replicated: try reader.number(), applied: try reader.number(), credits: try reader.number())
        guard replicated <= durable, applied <= durable, durable <= received else {
            throw .malformed(.message, "an acknowledgement of more than was received")
        }
    }

    func write(to writer: inout MessageWriter) {
        for number in [generation.number, received, durable, replicated, applied, credits] { writer.put(number) }
    }
}

/// What a source says about itself, at least every second.
public struct SourceReport: Hashable, Sendable {
    /// Bytes that are not safe at the chosen level.
    public var bytesBehind: UInt64
    /// Wall clock, nanoseconds since 1970, of the oldest write that is not safe; 0 when all are.
    public var oldestUnsafe: UInt64
    /// Of a copy or resync under way: bytes done and to do; 0 of 0 without one.
    public var copiedBytes: UInt64
    public var bytesToCopy: UInt64

    public init(bytesBehind: UInt64, oldestUnsafe: UInt64, copiedBytes: UInt64, bytesToCopy: UInt64) {
        self.bytesBehind = bytesBehind
        self.oldestUnsafe = oldestUnsafe
        self.copiedBytes = copiedBytes
        self.bytesToCopy = bytesToCopy
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        self.init(
            bytesBehind: try reader.number(), oldestUnsafe: try reader.number(), copiedBytes: try reader.number(),
            bytesToCopy: try reader.number())
    }

    func write(to writer: inout MessageWriter) {
        for number in [bytesBehind, oldestUnsafe, copiedBytes, bytesToCopy] { writer.put(number) }
    }
}
