import APIProtocol
import Primitives

/// Which events go to which targets, and when: a bounded queue for each target, tries with growing pauses, at most so
/// many messages a minute. What was given up stays visible.
///
/// Events arrive in the order of their sequences. `Kept.position` of a target says through which sequence everything is
/// settled: who starts with it and is given all later events delivers each at least once.
public struct NotificationCore: Sendable {
    /// Where messages go, as far as the decisions need it.
    public struct Target: Equatable, Sendable {
        public var id: String
        public var isEnabled: Bool
        public var minimumLevel: EventLevel
        /// Empty: all.
        public var kinds: [String]
        /// Events up to here are none of its business: it did not exist yet.
        public var since: Int64
        /// Changes with every change of how it is reached: what waits is then tried at once.
        public var revision: Int

        public init(
            id: String, isEnabled: Bool, minimumLevel: EventLevel, kinds: [String], since: Int64, revision: Int
        ) {
            self.id = id
            self.isEnabled = isEnabled
            self.minimumLevel = minimumLevel
            self.kinds = kinds
            self.since = since
            self.revision = revision
        }

        func wants(_ event: ClusterEvent) -> Bool {
            isEnabled && event.level.rank >= minimumLevel.rank && (kinds.isEmpty || kinds.contains(event.kind))
        }
    }

    /// An event that waits, and how often the same happened while it waited.
    public struct Item: Equatable, Sendable {
        public var event: ClusterEvent
        public var count: Int

        public init(_ event: ClusterEvent, count: Int = 1) {
            self.event = event
            self.count = count
        }
    }

    /// An event that will not be tried again.
    public struct GivenUp: Codable, Equatable, Sendable {
        public var event: ClusterEvent
        public var attempts: Int
        public var reason: String
    }

    /// What outlives a master.
    public struct Kept: Codable, Equatable, Sendable {
        public var position: Int64
        public var delivered: Int64 = 0
        public var failed: Int64 = 0
        public var lastError: String? = nil
        public var lastDelivered: Timestamp? = nil
        /// Oldest first, the latest `Limits.givenUp` of them.
        public var givenUp: [GivenUp] = []

        public init(position: Int64) { self.position = position }
    }

    public struct Limits: Sendable {
        /// Messages in a minute; what comes on top goes into one digest.
        public var aMinute = 10
        /// Events in one digest.
        public var digest = 50
        /// Events that wait for one target; the oldest is given up for the newest.
        public var pending = 256
        /// Tries of one message.
        public var attempts = 10
        /// Pause after the first failed try; it doubles up to the longest.
        public var pause = Span.seconds(5)
        public var longestPause = Span.seconds(600)
        /// Events that were given up and are still shown.
        public var givenUp = 50

        public init() {}
    }

    public enum Event: Sendable {
        /// All targets there are; `kept` counts for those that are new to the core.
        case configured([Target], kept: [String: Kept])
        case happened(ClusterEvent)
        case delivered(target: String, at: Timestamp)
        case failed(target: String, reason: String)
        case wake
    }

    public enum Effect: Equatable, Sendable {
        /// One message about these; answer `delivered` or `failed`.
        case deliver(target: String, [Item])
        /// Write down what `kept(of:)` says.
        case keep(target: String)
        /// For an event: the first loss since the last success.
        case gaveUp(target: String, reason: String)
        /// Replaces every earlier wake.
        case wake(at: Instant)
    }

    let limits: Limits
    /// In the order of the targets' identities.
    private(set) var lanes: [Lane] = []

    public init(limits: Limits = Limits()) { self.limits = limits }

    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        switch event {
        case .configured(let targets, let kept): configure(targets, kept)
        case .happened(let event):
            for index in lanes.indices { lanes[index].take(event, limits, into: &effects) }
        case .delivered(let id, let at):
            if let index = index(of: id) { lanes[index].delivered(at: at, into: &effects) }
        case .failed(let id, let reason):
            if let index = index(of: id) { lanes[index].failed(reason, limits, at: now, into: &effects) }
        case .wake: break
        }
        var wake: Instant?
        for index in lanes.indices {
            guard let due = lanes[index].pump(limits, at: now, into: &effects) else { continue }
            wake = min(wake ?? due, due)
        }
        if let wake { effects.append(.wake(at: wake)) }
    }

    private mutating func configure(_ targets: [Target], _ kept: [String: Kept]) {
        lanes = targets.sorted { $0.id < $1.id }.map { target in
            guard let index = index(of: target.id) else {
                // What was kept of an earlier target of the same name is not this one's.
                let known = kept[target.id].flatMap { $0.position >= target.since ? $0 : nil }
                return Lane(target, known ?? Kept(position: target.since))
            }
            var lane = lanes[index]
            if lane.target != target { lane.replace(target) }
            return lane
        }
    }

    private func index(of id: String) -> Int? { lanes.firstIndex { $0.target.id == id } }

    public func kept(of id: String) -> Kept? { lanes.first { $0.target.id == id }?.keptNow }

    public func state(of id: String) -> NotificationState? {
        lanes.first { $0.target.id == id }.map { lane in
            NotificationState(
                pending: lane.pending.count, delivered: lane.kept.delivered, failed: lane.kept.failed,
                lastError: lane.kept.lastError, lastDelivered: lane.kept.lastDelivered)
        }
    }

    /// What waits behind a failure, and what was given up; `nextAttempt` as a moment of the core's clock.
    public var undelivered: [(target: String, event: ClusterEvent, attempts: Int, reason: String, next: Instant?)] {
        lanes.flatMap { lane in
            let lost = lane.kept.givenUp.map { (lane.target.id, $0.event, $0.attempts, $0.reason, Instant?.none) }
            guard let error = lane.kept.lastError, let retryAt = lane.retryAt else { return lost }
            return lost
                + lane.pending.enumerated().map { index, item in
                    (lane.target.id, item.event, index < lane.batch ? lane.attempts : 0, error, retryAt)
                }
        }
    }

    /// Sequences that must stay readable: whoever becomes master next has to deliver them.
    public var pendingSequences: [Int64] { lanes.flatMap { lane in lane.pending.map(\.event.sequence) } }
}

extension EventLevel {
    var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .error: 2
        }
    }
}
