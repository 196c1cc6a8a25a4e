import Primitives

/// Asks the master to hand over.
public struct SwitchRequest: Codable, Equatable, Sendable {
    /// A node's identity or name; nil lets the nodes decide.
    public var to: String?

    public init(to: String? = nil) {
        self.to = to
    }
}

/// A finished hand-over.
public struct SwitchAnswer: Codable, Equatable, Sendable {
    public var from: NodeID
    public var to: NodeID
    /// The new one, `generation.revision`.
    public var epoch: String
    /// From the old holder's release to the new holder's service.
    public var milliseconds: Double

    public init(from: NodeID, to: NodeID, epoch: String, milliseconds: Double) {
        self.from = from
        self.to = to
        self.epoch = epoch
        self.milliseconds = milliseconds
    }
}
