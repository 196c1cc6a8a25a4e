import MembershipCore
import Primitives
import SupervisorProtocol

extension SupervisorCore {
    /// What has happened.
    public enum Event: Equatable, Sendable {
        /// The first event.
        case begun
        case facts(NodeFacts)
        /// The node's files could not be read or understood: one sentence.
        case factsUnreadable(String)
        case spawned(ProcessName, pid: Int32)
        case spawnFailed(ProcessName, String)
        case exited(ProcessName, pid: Int32, ExitCause)
        case checked(ProcessName, pid: Int32, HealthResult)
        case request(Client, SupervisorRequest)
        /// `cluster.json` holds the new timing, or why not.
        case timingSaved(failure: String?)
        /// The healing of a full etcd has ended.
        case healed(failure: String?)
        /// SIGTERM.
        case terminate
        /// `nextWake` has come.
        case tick
    }

    /// What is to be done, in this order.
    public enum Effect: Equatable, Sendable {
        case readFacts
        case saveTiming(LocalMembership.RaftTiming)
        case spawn(ProcessName)
        /// SIGTERM to the process's group.
        case terminate(ProcessName, pid: Int32)
        /// SIGKILL to the process's group.
        case kill(ProcessName, pid: Int32)
        /// Answered by `checked` within the plan's timeout.
        case check(ProcessName, pid: Int32)
        case heal
        case reply(Client, [SupervisorReply])
        case report(Report)
        case announceReady
        case announceStopping
        /// The last effect.
        case exit
    }

    /// One sentence for the operator.
    public struct Report: Equatable, Sendable {
        public let isProblem: Bool
        public let text: String

        static func notice(_ text: String) -> Effect { .report(Report(isProblem: false, text: text)) }
        static func problem(_ text: String) -> Effect { .report(Report(isProblem: true, text: text)) }
    }
}

/// How a process ended.
public enum ExitCause: Equatable, Sendable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    public var description: String {
        switch self {
        case .status(let status): "ended with status \(status)"
        case .signal(let signal): "was ended by signal \(signal)"
        }
    }
}

/// What a health check found.
public enum HealthResult: Equatable, Sendable {
    case healthy
    /// The process works, and etcd refuses writes because its quota is used up.
    case noSpace
    /// One sentence.
    case failed(String)
}
