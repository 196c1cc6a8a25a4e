import MembershipCore
import Primitives

/// The processes that the supervisor keeps.
public enum ProcessName: String, CaseIterable, Sendable {
    case vipd, etcd, clusterd, licensed, captured, consoled
}

/// All that the supervisor knows about one process before it runs: data, no behaviour.
public struct ProcessPlan: Equatable, Sendable {
    /// What must hold before the process starts.
    public struct Requirement: Equatable, Sendable {
        public enum Condition: Sendable {
            /// The other process exists.
            case started
            /// The other process has answered its health check.
            case healthy
        }

        public let process: ProcessName
        public let condition: Condition
        /// After this long the process starts all the same: a broken neighbour must not hide the reason from the
        /// operator.
        public let patience: Span
    }

    /// How the process is asked for its health.
    public struct Health: Equatable, Sendable {
        public enum Question: Sendable {
            /// `ping` to vipd.sock, answered `pong`.
            case ping
            /// The line `ping` to the process's socket of lines, answered `pong`.
            case pingLine
            /// GET of the path on the process's HTTP Unix socket, answered 200.
            case clusterHealth
            /// GET of the path on the console's HTTP Unix socket, answered 200.
            case consoleHealth
            /// etcd's /health without quorum: the process, not the cluster, is asked.
            case etcdHealth
        }

        public let question: Question
        /// Between two questions before the first good answer.
        public let startInterval: Span
        /// Between two questions afterwards.
        public let interval: Span
        public let timeout: Span
        /// So many bad answers in a row end the process.
        public let patience: Int
        /// Without a good answer for this long after its start the process is ended.
        public let startLimit: Span
    }

    public let name: ProcessName
    public let stages: [Stage]
    public let after: [Requirement]
    public let health: Health
    public let restart: RestartPolicy
    public let limits: ResourceLimits
    /// From SIGTERM to SIGKILL.
    public let stopLimit: Span
}

/// What a process may use. Memory counts only where control groups of version 2 are writable.
public struct ResourceLimits: Equatable, Sendable {
    public let memoryBytes: UInt64
    public let openFiles: UInt64
    /// -20 to 19; lower is served earlier.
    public let nice: Int32
    /// -1000 to 1000; lower is killed later when memory runs out.
    public let outOfMemoryScore: Int32

    /// For a program that does one thing and ends.
    public static let task = ResourceLimits(
        memoryBytes: 256 << 20, openFiles: 1_024, nice: 0, outOfMemoryScore: 0)
}

extension ProcessPlan {
    /// The order of starting. A later process may name earlier ones in `after`.
    public static let startOrder: [ProcessPlan] = [
        ProcessPlan(
            name: .vipd, stages: [.installed, .inSetup, .member], after: [],
            health: Health(
                question: .ping, startInterval: .milliseconds(20), interval: .seconds(1), timeout: .seconds(1),
                patience: 3, startLimit: .seconds(10)),
            restart: .atOnce,
            limits: ResourceLimits(memoryBytes: 128 << 20, openFiles: 1_024, nice: -10, outOfMemoryScore: -900),
            stopLimit: .seconds(2)),
        ProcessPlan(
            name: .etcd, stages: [.member], after: [],
            health: Health(
                question: .etcdHealth, startInterval: .milliseconds(50), interval: .seconds(2), timeout: .seconds(5),
                patience: 4, startLimit: .seconds(120)),
            restart: .gentle,
            limits: ResourceLimits(memoryBytes: 3 << 30, openFiles: 65_536, nice: -10, outOfMemoryScore: -800),
            stopLimit: .seconds(3)),
        ProcessPlan(
            name: .clusterd, stages: [.installed, .inSetup, .member],
            after: [
                Requirement(process: .vipd, condition: .healthy, patience: .seconds(10)),
                // Not healthy: without a quorum somebody must be there to say so.
                Requirement(process: .etcd, condition: .started, patience: .seconds(10)),
            ],
            health: Health(
                question: .clusterHealth, startInterval: .milliseconds(50), interval: .seconds(2),
                timeout: .seconds(2), patience: 3, startLimit: .seconds(60)),
            restart: .atOnce,
            limits: ResourceLimits(memoryBytes: 1 << 30, openFiles: 65_536, nice: -5, outOfMemoryScore: -800),
            stopLimit: .seconds(4)),
        // Nobody waits for it: without an answer the cluster goes on with the last one.
        ProcessPlan(
            name: .licensed, stages: [.installed, .inSetup, .member], after: [],
            health: Health(
                question: .pingLine, startInterval: .milliseconds(50), interval: .seconds(5), timeout: .seconds(5),
                patience: 3, startLimit: .seconds(20)),
            restart: .atOnce,
            limits: ResourceLimits(memoryBytes: 128 << 20, openFiles: 256, nice: 0, outOfMemoryScore: 0),
            stopLimit: .milliseconds(400)),
        // Nobody waits for it either: it knows its assignments itself and takes streams without a master.
        ProcessPlan(
            name: .captured, stages: [.member], after: [],
            health: Health(
                question: .pingLine, startInterval: .milliseconds(50), interval: .seconds(2), timeout: .seconds(5),
                patience: 3, startLimit: .seconds(60)),
            restart: .atOnce,
            limits: ResourceLimits(memoryBytes: 2 << 30, openFiles: 65_536, nice: 0, outOfMemoryScore: -500),
            // What it has acknowledged is on the disk: killed at any moment it loses nothing.
            stopLimit: .milliseconds(150)),
        ProcessPlan(
            name: .consoled, stages: [.installed, .inSetup, .member],
            // It says itself that the cluster daemon does not answer.
            after: [Requirement(process: .clusterd, condition: .started, patience: .seconds(10))],
            health: Health(
                question: .consoleHealth, startInterval: .milliseconds(50), interval: .seconds(2),
                timeout: .seconds(2), patience: 3, startLimit: .seconds(30)),
            restart: .atOnce,
            limits: ResourceLimits(memoryBytes: 512 << 20, openFiles: 65_536, nice: 0, outOfMemoryScore: 0),
            stopLimit: .milliseconds(400)),
    ]

    /// The order of stopping: the cluster daemon hands mastership over while everything that it needs still runs.
    /// The stop limits add up to less than ten seconds.
    public static let stopOrder: [ProcessName] = [.clusterd, .consoled, .captured, .vipd, .etcd, .licensed]

    /// Whether the process runs on a node of which these facts hold.
    public func runs(with facts: NodeFacts) -> Bool {
        guard stages.contains(facts.stage) else { return false }
        switch name {
        case .vipd, .clusterd, .licensed, .captured, .consoled: return true
        case .etcd:
            switch facts.membership?.role {
            case .voter, .witness: return true
            case .spare, nil: return false
            }
        }
    }
}
