import ConfigurationCore

/// What the VIP manager needs to know at its start.
public struct VIPSettings: Equatable, Sendable {
    /// The interface that the addresses live on.
    public var interface: String
    /// The folder of the socket.
    public var runFolder: String
    /// Ask for SCHED_RR and locked memory, and do not start without them.
    public var isRealTime: Bool

    public init(interface: String, runFolder: String, isRealTime: Bool = true) {
        self.interface = interface
        self.runFolder = runFolder
        self.isRealTime = isRealTime
    }

    /// What the node's configuration file says.
    public init(_ configuration: NodeConfiguration) {
        self.init(
            interface: configuration.interface, runFolder: configuration.run, isRealTime: configuration.realtime)
    }
}

/// Why the VIP manager could not start or go on: one sentence.
public struct VIPServiceError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
