import MastershipCore
import Primitives

/// How fast a cluster notices the loss of its master, and what a machine must hold for that. Fastest first.
public enum Profile: String, CaseIterable, Comparable, Sendable {
    case instant, fast, calm, slow

    /// What is used until something is measured.
    public static let unknownMachine = Profile.calm

    /// Renewal, fence, takeover and their random spread. `instant` and `fast` are shorter than first
    /// designed, by measurement: docs/decisions/quick-profiles.md.
    public var timing: Timing {
        switch self {
        case .instant: Self.timing(renew: 30, fence: 130, take: 325, spread: 15)
        case .fast: Self.timing(renew: 50, fence: 250, take: 450, spread: 25)
        case .calm: Self.timing(renew: 100, fence: 1_100, take: 1_500, spread: 50)
        case .slow: Self.timing(renew: 300, fence: 3_200, take: 4_500, spread: 50)
        }
    }

    /// etcd's own two timings; a change restarts its members one by one.
    public var raft: RaftTiming {
        switch self {
        case .instant: RaftTiming(heartbeat: .milliseconds(10), election: .milliseconds(100))
        case .fast: RaftTiming(heartbeat: .milliseconds(15), election: .milliseconds(150))
        case .calm: RaftTiming(heartbeat: .milliseconds(50), election: .milliseconds(500))
        case .slow: RaftTiming(heartbeat: .milliseconds(150), election: .milliseconds(1_500))
        }
    }

    /// What a machine must stay below; nil for `slow`, which takes whatever there is.
    public var limits: Limits? {
        switch self {
        case .instant:
            Limits(sync: .milliseconds(3), roundTrip: .milliseconds(1), wakeUpDelay: .milliseconds(5))
        case .fast: Limits(sync: .milliseconds(6), roundTrip: .milliseconds(2), wakeUpDelay: .milliseconds(15))
        // The measurements name only fsync here; the other two are a tenth of the profile's heartbeat and renewal.
        case .calm: Limits(sync: .milliseconds(25), roundTrip: .milliseconds(10), wakeUpDelay: .milliseconds(60))
        case .slow: nil
        }
    }

    /// One step more patient; nil at the end.
    public var slower: Profile? { neighbour(+1) }
    /// One step quicker; nil at the end.
    public var faster: Profile? { neighbour(-1) }

    /// The fastest profile that a machine with these measurements holds.
    public static func fitting(_ probe: Probe) -> Profile {
        allCases.first { $0.limits.map(probe.isWithin) ?? true } ?? .slow
    }

    public static func < (left: Profile, right: Profile) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .instant: 0
        case .fast: 1
        case .calm: 2
        case .slow: 3
        }
    }

    private func neighbour(_ step: Int) -> Profile? {
        let index = rank + step
        return Self.allCases.indices.contains(index) ? Self.allCases[index] : nil
    }

    private static func timing(renew: Int64, fence: Int64, take: Int64, spread: Int64) -> Timing {
        do {
            return try Timing(
                renew: .milliseconds(renew), fence: .milliseconds(fence), take: .milliseconds(take),
                spread: .milliseconds(spread))
        } catch {
            preconditionFailure("a built-in profile is unsafe: \(error)")
        }
    }
}

/// etcd's heartbeat interval and election timeout.
public struct RaftTiming: Hashable, Sendable {
    public let heartbeat: Span
    public let election: Span

    public init(heartbeat: Span, election: Span) {
        self.heartbeat = heartbeat
        self.election = election
    }
}

/// What a machine must stay below to hold a profile.
public struct Limits: Hashable, Sendable {
    /// 99th percentile of fsync on the disk of etcd.
    public let sync: Span
    /// Between two voters.
    public let roundTrip: Span
    /// 99.9th percentile of how late a real-time thread wakes up.
    public let wakeUpDelay: Span
}

/// What was measured before the cluster was founded.
public struct Probe: Hashable, Sendable {
    /// 99th percentile.
    public let sync: Span
    public let roundTrip: Span
    /// 99.9th percentile.
    public let wakeUpDelay: Span

    public init(sync: Span, roundTrip: Span, wakeUpDelay: Span) {
        self.sync = sync
        self.roundTrip = roundTrip
        self.wakeUpDelay = wakeUpDelay
    }

    func isWithin(_ limits: Limits) -> Bool {
        sync < limits.sync && roundTrip < limits.roundTrip && wakeUpDelay < limits.wakeUpDelay
    }
}
