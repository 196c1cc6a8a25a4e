import Primitives

/// What a node remembers of mastership across restarts: the small text file `epoch` in its data directory.
public struct EpochRecord: Equatable, Sendable {
    /// Grows by one at every restore from a backup; takeovers use at least this generation.
    public var generation: UInt64
    /// The highest epoch that this node ever saw.
    public var highest: Epoch

    public init(generation: UInt64, highest: Epoch) {
        self.generation = generation
        self.highest = highest
    }

    /// Before a node has seen anything.
    public static let initial = EpochRecord(generation: 1, highest: .none)

    /// Two lines, `generation N` and `highest G.R`.
    public var text: String { "generation \(generation)\nhighest \(highest)\n" }

    /// - Throws: `MalformedEpochRecord` naming the line that is wrong.
    public init(parsing text: String) throws(MalformedEpochRecord) {
        let lines = text.split(separator: "\n")
        guard lines.count == 2 else { throw MalformedEpochRecord(reason: "it has \(lines.count) lines instead of 2") }
        guard let generation = Self.value(of: "generation", in: lines[0]).flatMap({ UInt64($0) }) else {
            throw MalformedEpochRecord(reason: "line 1 is not 'generation N': '\(lines[0])'")
        }
        guard let highest = Self.value(of: "highest", in: lines[1]).flatMap({ Epoch($0) }) else {
            throw MalformedEpochRecord(reason: "line 2 is not 'highest GENERATION.REVISION': '\(lines[1])'")
        }
        self.init(generation: generation, highest: highest)
    }

    private static func value(of key: String, in line: Substring) -> String? {
        let parts = line.split(separator: " ")
        return parts.count == 2 && parts[0] == key ? String(parts[1]) : nil
    }
}

/// The epoch file says something else than this program writes.
public struct MalformedEpochRecord: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public var description: String { "the epoch file is damaged: \(reason)" }
}
