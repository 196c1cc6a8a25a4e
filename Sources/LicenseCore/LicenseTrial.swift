import APIProtocol

/// What a cluster without a license may do: all that it protects for ever, and additions for a while.
public struct LicenseTrial: Equatable, Sendable {
    public static let days = 30
    /// Nodes that a cluster may have without a license.
    public static let nodes = 8

    public let ends: Timestamp
    public let isOver: Bool

    /// - Parameters:
    ///   - founded: when the cluster began; nil while it is not known: then the trial has just begun.
    ///   - now: the later of the wall clock and the latest that the cluster has seen.
    public init(founded: Timestamp?, now: Timestamp) {
        ends = Timestamp(milliseconds: (founded ?? now).milliseconds + Int64(Self.days) * 86_400_000)
        isOver = now >= ends
    }
}

/// The latest wall clock that a cluster has seen.
public enum ClockMark {
    /// So much a clock may gain on the time that has really passed, between two marks of one master.
    static let allowance: Int64 = 3_600_000

    /// The next mark. It never goes back. A clock that is set forward by mistake while a master runs moves it by an hour
    /// at most each time: a license would seem to be expired for ever otherwise.
    ///
    /// - Parameters:
    ///   - mark: the last one; nil: none yet.
    ///   - now: the wall clock.
    ///   - elapsed: milliseconds of the boot clock since this master wrote the last mark; nil: somebody else wrote it.
    public static func next(after mark: Timestamp?, now: Timestamp, elapsed: Int64?) -> Timestamp {
        guard let mark else { return now }
        guard let elapsed else { return max(mark, now) }
        let highest = Timestamp(milliseconds: mark.milliseconds + max(0, elapsed) + allowance)
        return max(mark, min(now, highest))
    }
}

/// Whether a further node may become a member. What protects is never stopped, and the replacement of a dead node
/// protects: a silent node's place is free.
public struct NodeAdmission: Equatable, Sendable {
    /// How many nodes there may be; nil: any number.
    public let limit: Int?
    /// Nodes that are not silent.
    public let present: Int

    public var isOpen: Bool { limit.map { present < $0 } ?? true }

    /// - Parameters:
    ///   - limit: of the license or of the trial; nil: none.
    ///   - allowsAdditions: whether the license or the trial is in force.
    ///   - most: the most nodes that there were while one was in force: they may be made up to again afterwards.
    public init(limit: Int?, allowsAdditions: Bool, most: Int, nodes: Int, silent: Int) {
        self.limit = allowsAdditions ? limit : most
        present = nodes - silent
    }
}
