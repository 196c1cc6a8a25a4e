import APIProtocol
import Primitives

/// The queue of one target.
struct Lane: Sendable {
    private(set) var target: NotificationCore.Target
    private(set) var kept: NotificationCore.Kept
    /// Oldest first; the first `inFlight` are on their way.
    private(set) var pending: [NotificationCore.Item] = []
    private(set) var attempts = 0
    private(set) var retryAt: Instant?
    /// Size of the message that is on its way or tried again.
    private(set) var batch = 0
    private var isInFlight = false
    private var seen: Int64
    private var minute: (start: Instant, sent: Int)?
    private var isDigestDue = false
    private var isLossTold = false

    init(_ target: NotificationCore.Target, _ kept: NotificationCore.Kept) {
        self.target = target
        self.kept = kept
        seen = kept.position
    }

    /// With the position as it is now.
    var keptNow: NotificationCore.Kept {
        var kept = kept
        kept.position = pending.first.map { $0.event.sequence - 1 } ?? seen
        return kept
    }

    mutating func replace(_ target: NotificationCore.Target) {
        self.target = target
        attempts = 0
        retryAt = nil
    }

    mutating func take(
        _ event: ClusterEvent, _ limits: NotificationCore.Limits, into effects: inout [NotificationCore.Effect]
    ) {
        guard event.sequence > seen else { return }
        seen = event.sequence
        guard target.wants(event) else { return }
        if let same = pending.indices.dropFirst(batch).first(where: { pending[$0].event.isAgain(event) }) {
            pending[same].count += 1
            return
        }
        pending.append(NotificationCore.Item(event))
        guard pending.count > limits.pending else { return }
        let lost = pending.remove(at: min(batch, pending.count - 1))
        giveUp([lost], "more than \(limits.pending) events waited", limits, into: &effects)
        effects.append(.keep(target: target.id))
    }

    mutating func delivered(at time: Timestamp, into effects: inout [NotificationCore.Effect]) {
        guard isInFlight else { return }
        kept.delivered += Int64(pending.prefix(batch).reduce(0) { $0 + $1.count })
        kept.lastDelivered = time
        kept.lastError = nil
        isLossTold = false
        finishBatch()
        effects.append(.keep(target: target.id))
    }

    mutating func failed(
        _ reason: String, _ limits: NotificationCore.Limits, at now: Instant,
        into effects: inout [NotificationCore.Effect]
    ) {
        guard isInFlight else { return }
        isInFlight = false
        attempts += 1
        kept.lastError = reason
        if attempts >= limits.attempts {
            giveUp(Array(pending.prefix(batch)), reason, limits, into: &effects)
            finishBatch()
        } else {
            let doublings = min(attempts - 1, 20)
            retryAt = now + min(limits.pause * (1 << Int64(doublings)), limits.longestPause)
        }
        effects.append(.keep(target: target.id))
    }

    private mutating func finishBatch() {
        pending.removeFirst(batch)
        isInFlight = false
        batch = 0
        attempts = 0
        retryAt = nil
    }

    private mutating func giveUp(
        _ items: [NotificationCore.Item], _ reason: String, _ limits: NotificationCore.Limits,
        into effects: inout [NotificationCore.Effect]
    ) {
        kept.failed += Int64(items.reduce(0) { $0 + $1.count })
        kept.givenUp += items.map { .init(event: $0.event, attempts: attempts, reason: reason) }
        kept.givenUp.removeFirst(max(0, kept.givenUp.count - limits.givenUp))
        guard !isLossTold else { return }
        isLossTold = true
        effects.append(.gaveUp(target: target.id, reason: reason))
    }

    /// Sends what may be sent now.
    /// - Returns: when to look again; nil when only news can change anything.
    mutating func pump(
        _ limits: NotificationCore.Limits, at now: Instant, into effects: inout [NotificationCore.Effect]
    ) -> Instant? {
        guard target.isEnabled, !isInFlight, !pending.isEmpty else { return nil }
        if let retryAt, now < retryAt { return retryAt }
        var current = minute ?? (now, 0)
        if now - current.start >= .seconds(60) { current = (now, 0) }
        minute = current
        guard current.sent < limits.aMinute else {
            isDigestDue = true
            return current.start + .seconds(60)
        }
        if batch == 0 {
            batch = isDigestDue ? min(pending.count, limits.digest) : 1
            isDigestDue = false
        }
        minute?.sent += 1
        isInFlight = true
        effects.append(.deliver(target: target.id, Array(pending.prefix(batch))))
        return nil
    }
}

extension ClusterEvent {
    /// Whether the same has happened again.
    fileprivate func isAgain(_ other: ClusterEvent) -> Bool {
        kind == other.kind && node == other.node && parameters == other.parameters
    }
}
