import APIProtocol
import Linux
import MastershipCore
import NIOConcurrencyHelpers
import Primitives
import ProfileCore

/// Feeds the profile core with what this machine measures while it is master.
final class Pace: Sendable {
    private struct State: Sendable {
        var core: ProfileCore? = nil
        var cause: ProfileCore.Cause? = nil
        /// The last acknowledged renewal.
        var acknowledged: (sentAt: Instant, timing: Timing)? = nil
        /// Until then measurements say nothing of the machine.
        var quietUntil = Instant(nanoseconds: 0)
        /// Until then the timing is patient, whatever the profile.
        var patientUntil = Instant(nanoseconds: 0)

        /// - Returns: the new profile when it changed.
        mutating func step(_ event: ProfileCore.Event, at now: Instant) -> Profile? {
            guard event.isWish || now >= max(quietUntil, patientUntil) else { return nil }
            var effects: [ProfileCore.Effect] = []
            core?.step(event, at: now, into: &effects)
            var changed: Profile? = nil
            for case .use(let profile, let cause) in effects { (changed, self.cause) = (profile, cause) }
            return changed
        }
    }

    /// What should be in force, and why when this master changed it.
    struct Wanted: Sendable {
        let profile: Profile
        /// nil when it was slower from the beginning of this mastership.
        let cause: ProfileCore.Cause?

        var reason: String {
            switch cause {
            case nil: "the master before did not last"
            case .probe: "the machine was probed"
            case .renewalNearFence: "renewals came near the fence"
            case .wakeUpDelay: "the thread that holds the deadline woke up late"
            case .slowSync: "the disk was slow"
            case .quiet: "an hour was quiet"
            case .operator: "an administrator chose it"
            }
        }
    }

    static let afterTakeover = Span.seconds(3)
    static let aroundChange = Span.seconds(3)

    private let state = NIOLockedValueBox(State())

    /// Begins a mastership with the profile that is in force, also when the operator chose a faster one: what made it
    /// slower need not be over.
    func begin(_ active: Profile, chosen: Profile?, at now: Instant) {
        state.withLockedValue { state in
            state = State(core: ProfileCore(profile: active, chosen: chosen, at: now))
            // The store elects its leader anew when a master was lost: slow renewals are no news then.
            state.quietUntil = now + Self.afterTakeover
        }
    }

    /// A change of the voters may hold up the store for longer than a quick fence: patience for the time being.
    func bePatient(until moment: Instant) {
        state.withLockedValue { $0.patientUntil = max($0.patientUntil, moment) }
    }

    /// What the master's record should say now.
    func timing(at now: Instant) -> Timing? {
        state.withLockedValue { state in
            state.core.map { (now < state.patientUntil ? max($0.profile, .calm) : $0.profile).timing }
        }
    }

    func end() { state.withLockedValue { $0 = State() } }

    /// nil while this node is not master.
    var wanted: Wanted? {
        state.withLockedValue { state in state.core.map { Wanted(profile: $0.profile, cause: state.cause) } }
    }

    /// What etcd's members should run with in the end, and whether it is time for it; nil while this node is not master.
    func raft(at now: Instant) -> (profile: Profile, isLasting: Bool)? {
        state.withLockedValue { state in state.core.map { ($0.profile, $0.isLasting(at: now)) } }
    }

    /// - Returns: the new profile when it changed.
    func step(_ event: ProfileCore.Event, at now: Instant) -> Profile? {
        state.withLockedValue { $0.step(event, at: now) }
    }

    /// A write of the master's record was answered, or not. Only the profile's own timing counts as evidence: the pause
    /// between two patient renewals is longer than a quick fence.
    func renewal(of timing: Timing, sentAt: Instant, acknowledged: Bool, at now: Instant) -> Profile? {
        state.withLockedValue { state in
            let own = state.core?.profile.timing
            guard acknowledged else { return timing == own ? state.step(.renewalUnanswered, at: now) : nil }
            let previous = state.acknowledged ?? (sentAt, timing)
            state.acknowledged = (sentAt, timing)
            guard timing == own, previous.timing == own else { return nil }
            return state.step(.renewed(age: now - previous.sentAt), at: now)
        }
    }
}

extension ProfileCore.Event {
    /// Not a measurement.
    fileprivate var isWish: Bool {
        if case .chosen = self { true } else { false }
    }
}

extension Profile {
    /// nil for `auto`.
    init?(_ choice: ProfileChoice) { self.init(rawValue: choice.rawValue) }
}

extension ProfileChoice {
    init(_ profile: Profile) {
        switch profile {
        case .instant: self = .instant
        case .fast: self = .fast
        case .calm: self = .calm
        case .slow: self = .slow
        }
    }
}

extension ClusterView {
    /// The profile in force as the store has it.
    var activeProfile: Profile {
        profile.flatMap { Profile($0.active) } ?? settings.flatMap { Profile($0.profile) } ?? .unknownMachine
    }
}
