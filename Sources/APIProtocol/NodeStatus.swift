import CaptureProtocol
import MembershipCore
import Primitives

/// How a node is doing, seen from the master.
public enum NodeState: String, Codable, Sendable, CaseIterable {
    /// Heard within the last seconds.
    case online
    /// Accepted, its store member is catching up.
    case joining
    /// Not heard for a while.
    case silent
    /// Being removed.
    case leaving
    /// Known from the store, not judged by this node.
    case unknown
}

/// One node of the cluster.
public struct NodeStatus: Codable, Equatable, Sendable {
    public var id: NodeID
    public var name: String
    public var address: IPAddress
    public var role: LocalMembership.Role
    public var state: NodeState
    public var isMaster: Bool
    /// Age of the last report; nil when the answering node heard none.
    public var lastHeardMilliseconds: Int64?
    /// From the last report.
    public var resources: NodeResources?
    /// Program name to version: keelson, etcd, kernel.
    public var versions: [String: String]
    /// The failure domain from the last report.
    public var domain: String?
    /// Whether it does not stand for master, because an operator said so.
    public var drained: Bool

    public init(
        id: NodeID, name: String, address: IPAddress, role: LocalMembership.Role, state: NodeState, isMaster: Bool,
        lastHeardMilliseconds: Int64? = nil, resources: NodeResources? = nil, versions: [String: String] = [:],
        domain: String? = nil, drained: Bool = false
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.role = role
        self.state = state
        self.isMaster = isMaster
        self.lastHeardMilliseconds = lastHeardMilliseconds
        self.resources = resources
        self.versions = versions
        self.domain = domain
        self.drained = drained
    }
}

/// What a node measures of itself.
public struct NodeResources: Codable, Equatable, Sendable {
    /// 0 to 100, all processors together, over the last second.
    public var cpuPercent: Double
    public var memoryUsedBytes: UInt64
    public var memoryTotalBytes: UInt64
    public var pressure: Pressure
    /// The file system that holds the node's data folder.
    public var diskUsedBytes: UInt64
    public var diskTotalBytes: UInt64
    public var receiveBytesPerSecond: Double
    public var transmitBytesPerSecond: Double
    /// Wall clock minus the master's; nil on the master.
    public var clockOffsetMilliseconds: Double?

    public init(
        cpuPercent: Double, memoryUsedBytes: UInt64, memoryTotalBytes: UInt64, pressure: Pressure,
        diskUsedBytes: UInt64, diskTotalBytes: UInt64, receiveBytesPerSecond: Double, transmitBytesPerSecond: Double,
        clockOffsetMilliseconds: Double? = nil
    ) {
        self.cpuPercent = cpuPercent
        self.memoryUsedBytes = memoryUsedBytes
        self.memoryTotalBytes = memoryTotalBytes
        self.pressure = pressure
        self.diskUsedBytes = diskUsedBytes
        self.diskTotalBytes = diskTotalBytes
        self.receiveBytesPerSecond = receiveBytesPerSecond
        self.transmitBytesPerSecond = transmitBytesPerSecond
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }
}

/// Pressure stall information of the kernel: percent of the last 10 seconds in which some task waited (avg10).
public struct Pressure: Codable, Equatable, Sendable {
    public var cpu: Double
    public var memory: Double
    public var io: Double

    public init(cpu: Double, memory: Double, io: Double) {
        self.cpu = cpu
        self.memory = memory
        self.io = io
    }
}

/// What a node tells the master every second.
public struct NodeReport: Codable, Equatable, Sendable {
    public var name: String
    public var address: IPAddress
    public var role: LocalMembership.Role
    /// The sender's wall clock, for the clock offset.
    public var sentAt: Timestamp
    public var resources: NodeResources
    public var versions: [String: String]
    /// What this node's etcd runs with; nil where none runs.
    public var raft: LocalMembership.RaftTiming?
    /// What fails together with it; nil when nobody has said.
    public var domain: String?
    /// The four hashed parts by which a license knows the machine again; nil while they are not known.
    public var hardware: [String]?
    /// The streams that it keeps; nil while its capture daemon does not answer.
    public var streams: [StreamStatus]?
    /// Whether it would take over if it were asked to; nil from a version that does not say.
    public var isStanding: Bool?

    public init(
        name: String, address: IPAddress, role: LocalMembership.Role, sentAt: Timestamp, resources: NodeResources,
        versions: [String: String], raft: LocalMembership.RaftTiming?, domain: String?, hardware: [String]? = nil,
        streams: [StreamStatus]? = nil, isStanding: Bool? = nil
    ) {
        self.name = name
        self.address = address
        self.role = role
        self.sentAt = sentAt
        self.resources = resources
        self.versions = versions
        self.raft = raft
        self.domain = domain
        self.hardware = hardware
        self.streams = streams
        self.isStanding = isStanding
    }
}

/// The master's answer to a report.
public struct HeartbeatAnswer: Codable, Equatable, Sendable {
    public var master: NodeID
    /// `generation.revision`.
    public var epoch: String
    /// The master's wall clock.
    public var receivedAt: Timestamp
    /// It is this node's turn to restart its etcd with these timings.
    public var raft: LocalMembership.RaftTiming?
    /// It shall make itself known for so long; said once.
    public var locateSeconds: Int?

    public init(
        master: NodeID, epoch: String, receivedAt: Timestamp, raft: LocalMembership.RaftTiming?,
        locateSeconds: Int? = nil
    ) {
        self.master = master
        self.epoch = epoch
        self.receivedAt = receivedAt
        self.raft = raft
        self.locateSeconds = locateSeconds
    }
}
