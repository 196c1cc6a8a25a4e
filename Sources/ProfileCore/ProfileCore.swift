import MastershipCore
import Primitives

/// Follows what the master's machine holds: slower at once when renewals come near the fence, faster again only after
/// a quiet hour and one step at a time. Memory is bounded; time comes in with each event.
public struct ProfileCore: Sendable {
    public enum Event: Sendable {
        /// Measured before the cluster was founded, or again on request.
        case probed(Probe)
        /// A renewal was acknowledged; `age` is the time since the *sending* of the acknowledged one before it, that
        /// is how much of the fence was used up.
        case renewed(age: Span)
        /// A renewal got no answer within its limit (not: it was refused at once).
        case renewalUnanswered
        /// How late the thread that holds the deadline woke up.
        case woke(late: Span)
        /// One fsync of etcd's disk.
        case synced(Span)
        /// The operator chose a profile: it is used, and never a faster one. Only what the machine does not hold makes
        /// it slower. nil gives the choice back.
        case chosen(Profile?)
    }

    public enum Effect: Hashable, Sendable {
        /// Renewal, fence and takeover from now on: live.
        case use(Profile, Cause)
    }

    public enum Cause: Hashable, Sendable {
        case probe, renewalNearFence, wakeUpDelay, slowSync, quiet, `operator`
    }

    /// The profile of renewal, fence and takeover.
    public private(set) var profile: Profile
    /// The fastest that the operator allows; nil leaves it to the machine.
    public private(set) var chosen: Profile?

    /// So long must everything be quiet before one step faster.
    public static let quietTime = Span.seconds(3_600)
    /// A profile that has been in force for so long is worth a restart of etcd's members.
    public static let lastingAfter = Span.seconds(60)

    private var nearFence = Burst(of: 2, within: .seconds(10))
    /// Since the last acknowledged renewal.
    private var wasUnanswered = false
    private var lateWakes = Burst(of: 3, within: .seconds(10))
    private var slowSyncs = Burst(of: 3, within: .seconds(10))
    private var quiet = Quiet(since: Instant(nanoseconds: 0))
    private var changedAt = Instant(nanoseconds: 0)
    private var lastsFrom: Instant

    /// Measurements of one quiet time, against the limits of the next faster profile.
    private struct Quiet: Sendable {
        let since: Instant
        var renewals = Share()
        var wakes = Share()
        var syncs = Share()
    }

    /// - Parameters:
    ///   - profile: the one in force; a new master goes on with it, whatever the operator chose.
    ///   - chosen: the fastest that the operator allows.
    public init(
        profile: Profile = .unknownMachine, chosen: Profile? = nil, at now: Instant
    ) {
        self.profile = profile
        self.chosen = chosen
        quiet = Quiet(since: now)
        changedAt = now - profile.timing.take
        lastsFrom = now + Self.lastingAfter
    }

    /// Whether the profile has been in force for long enough, or an operator wants it, so that etcd should follow.
    public func isLasting(at now: Instant) -> Bool { now >= lastsFrom }

    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        switch event {
        case .probed(let probe):
            change(to: max(.fitting(probe), chosen ?? .instant), .probe, at: now, into: &effects)
        case .renewed(let age): renewed(age, at: now, into: &effects)
        case .renewalUnanswered:
            quiet.renewals.count(isAbove: true)
            wasUnanswered = true
            if nearFence.occurs(at: now) { slowDown(.renewalNearFence, at: now, into: &effects) }
        case .woke(let late): woke(late, at: now, into: &effects)
        case .synced(let span): synced(span, at: now, into: &effects)
        case .chosen(let choice):
            chosen = choice
            if let choice { change(to: choice, .operator, at: now, into: &effects) }
        }
        speedUpIfQuiet(at: now, into: &effects)
    }

    private mutating func renewed(_ age: Span, at now: Instant, into effects: inout [Effect]) {
        let fence = profile.timing.fence
        if let faster = profile.faster { quiet.renewals.count(isAbove: age > faster.timing.fence / 2) }
        // Late because of an unanswered one, which has been counted.
        let isCounted = wasUnanswered
        wasUnanswered = false
        guard age > fence / 2 else { return }
        let isBurst = !isCounted && nearFence.occurs(at: now)
        if isBurst || age > fence * 3 / 4 { slowDown(.renewalNearFence, at: now, into: &effects) }
    }

    private mutating func woke(_ late: Span, at now: Instant, into effects: inout [Effect]) {
        if let limits = profile.faster?.limits { quiet.wakes.count(isAbove: late >= limits.wakeUpDelay) }
        guard let limits = profile.limits, late >= limits.wakeUpDelay, lateWakes.occurs(at: now) else { return }
        slowDown(.wakeUpDelay, at: now, into: &effects)
    }

    private mutating func synced(_ span: Span, at now: Instant, into effects: inout [Effect]) {
        if let limits = profile.faster?.limits { quiet.syncs.count(isAbove: span >= limits.sync) }
        guard let limits = profile.limits, span >= limits.sync, slowSyncs.occurs(at: now) else { return }
        slowDown(.slowSync, at: now, into: &effects)
    }

    private mutating func slowDown(_ cause: Cause, at now: Instant, into effects: inout [Effect]) {
        // One fault is one reason: the next step needs evidence that was gathered with the new numbers.
        guard let slower = profile.slower, now - changedAt >= profile.timing.take else { return }
        change(to: slower, cause, at: now, into: &effects)
    }

    private mutating func speedUpIfQuiet(at now: Instant, into effects: inout [Effect]) {
        guard now - quiet.since >= Self.quietTime else { return }
        let wasQuiet =
            quiet.renewals.all > 0 && quiet.renewals.isAtMostOne(in: 1_000) && quiet.wakes.isAtMostOne(in: 1_000)
            && quiet.syncs.isAtMostOne(in: 100)
        quiet = Quiet(since: now)
        guard wasQuiet, let faster = profile.faster, chosen.map({ faster >= $0 }) ?? true else { return }
        change(to: faster, .quiet, at: now, into: &effects)
    }

    private mutating func change(to next: Profile, _ cause: Cause, at now: Instant, into effects: inout [Effect]) {
        guard next != profile else { return }
        profile = next
        changedAt = now
        lastsFrom = cause == .operator ? now : now + Self.lastingAfter
        quiet = Quiet(since: now)
        nearFence.clear()
        lateWakes.clear()
        slowSyncs.clear()
        effects.append(.use(next, cause))
    }
}
