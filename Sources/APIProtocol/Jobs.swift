import Primitives
import StreamProtocol

/// Which action a job follows.
public enum JobKind: String, Codable, Sendable, CaseIterable {
    case removeNode, replaceNode, approve, join, switchMaster, verify
}

public enum JobState: String, Codable, Sendable, CaseIterable {
    case running, done, failed
}

/// An action that takes longer than its request, and how far it has come. Jobs outlive a master.
public struct Job: Codable, Equatable, Sendable {
    public var id: String
    public var kind: JobKind
    public var state: JobState
    /// 0 to 1.
    public var progress: Double?
    public var startedAt: Timestamp
    public var endedAt: Timestamp?
    public var steps: [JobStep]
    /// Why it failed.
    public var error: APIError?
    /// The node that it is about; nil when whoever is first becomes master.
    public var node: NodeID?
    /// Who asked for it.
    public var who: String
    /// The protected machine that it is about.
    public var machine: MachineID?
    /// What a verification found: one line for each damage and what became of it.
    public var findings: [String]?

    public init(
        id: String, kind: JobKind, state: JobState, progress: Double? = nil, startedAt: Timestamp,
        endedAt: Timestamp? = nil, steps: [JobStep], error: APIError? = nil, node: NodeID? = nil, who: String,
        machine: MachineID? = nil, findings: [String]? = nil
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.progress = progress
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.steps = steps
        self.error = error
        self.node = node
        self.who = who
        self.machine = machine
        self.findings = findings
    }
}

/// One step of a job.
public struct JobStep: Codable, Equatable, Sendable {
    /// A word for programs, as `voteGone`; words for people are in the catalogue under `step.NAME`.
    public var name: String
    public var state: PhaseState
    /// How long it took.
    public var milliseconds: Double?

    public init(name: String, state: PhaseState, milliseconds: Double? = nil) {
        self.name = name
        self.state = state
        self.milliseconds = milliseconds
    }
}

/// An action that is done as a job.
public enum JobAction: Equatable, Sendable {
    case removeNode(NodeID)
    case replaceNode(NodeID, by: NodeID)
    case approve(NodeID, code: String)
    case switchMaster(to: String?)
}

public protocol JobControl: Sendable {
    /// Latest first; the newest 100.
    func jobs() async throws -> [Job]
    /// - Throws: `unknownJob`.
    func job(_ id: String) async throws -> Job
    /// Does what the action's own function does, but does not wait for its end.
    func start(_ action: JobAction) async throws -> Job
}

extension Endpoint {
    public static let jobs = Endpoint(.get, "/v1/jobs", .user(.viewer))
    public static let job = Endpoint(.get, "/v1/jobs/{id}", .user(.viewer))

    static let ofJobs = [jobs, job]
}
