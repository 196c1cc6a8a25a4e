/// The number of one mastership. It only grows: the generation rises at every restore from a backup (store revisions
/// go backwards then), and within a generation the revision is that of the takeover transaction.
public struct Epoch: Hashable, Comparable, Sendable {
    public let generation: UInt64
    public let revision: Int64

    public init(generation: UInt64, revision: Int64) {
        self.generation = generation
        self.revision = revision
    }

    public static let none = Epoch(generation: 0, revision: 0)

    public static func < (left: Epoch, right: Epoch) -> Bool {
        (left.generation, left.revision) < (right.generation, right.revision)
    }
}

extension Epoch: LosslessStringConvertible {
    /// `generation.revision`, for example `1.4711`.
    public var description: String { "\(generation).\(revision)" }

    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let generation = UInt64(parts[0]), let revision = Int64(parts[1]), revision >= 0 else {
            return nil
        }
        self.init(generation: generation, revision: revision)
    }
}
