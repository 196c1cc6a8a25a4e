/// The epoch that a write or a command carries. Whoever stores anything checks it against an `EpochGate`.
public struct FencingToken: Hashable, Sendable {
    public let epoch: Epoch

    public init(_ epoch: Epoch) { self.epoch = epoch }
}

/// Keeps the highest epoch seen and refuses lower ones: what stops a deposed master whose machine was stunned.
public struct EpochGate: Sendable {
    public private(set) var highest: Epoch

    public init(highest: Epoch = .none) { self.highest = highest }

    /// - Throws: `StaleEpoch` when the token's epoch is below the highest one seen; nothing changes then.
    public mutating func admit(_ token: FencingToken) throws(StaleEpoch) {
        guard token.epoch >= highest else { throw StaleEpoch(offered: token.epoch, highest: highest) }
        highest = token.epoch
    }
}

/// A command of a master that has been replaced.
public struct StaleEpoch: Error, Equatable, CustomStringConvertible {
    public let offered: Epoch
    public let highest: Epoch

    public var description: String { "refused: epoch \(offered) is older than \(highest), its master was replaced" }
}
