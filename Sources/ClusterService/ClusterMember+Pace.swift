import APIProtocol
import ConfigurationCore
import Linux
import Logging
import MastershipCore
import NIOConcurrencyHelpers
import Primitives
import ProfileCore

extension ClusterMember {
    /// A change is lived by at once; it is written down by level, in `followPace`.
    func use(_ changed: Profile?) {
        guard changed != nil, let timing = pace.timing(at: BootClock.now) else { return }
        mastership.post(.timingChosen(timing))
    }

    /// Brings the store level with the profile that is in force.
    func followPace(in epoch: Epoch) async {
        guard let view = await currentView() else { return }
        pace.begin(
            startingProfile(view), chosen: view.settings.flatMap { Profile($0.profile) }, at: BootClock.now)
        defer { pace.end() }
        while await Pause.survived(.seconds(1)) {
            do {
                if let timing = pace.timing(at: BootClock.now) { mastership.post(.timingChosen(timing)) }
                try await writeDownProfile(in: epoch)
            } catch {
                logger.debug("the profile in force is not written down yet", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What the store says; and slower when the last master did not last, which is what a machine shows that does not
    /// hold its profile.
    private func startingProfile(_ view: ClusterView) -> Profile {
        let active = view.activeProfile
        guard let previous = progress.withLockedValue({ $0.previous }), case .held = previous.claim,
            previous.timing.renew * Int64(clamping: previous.sequence) < Pace.afterTakeover
        else { return active }
        return active.slower ?? active
    }

    /// Patient timing around a change of the voters, in force when this returns.
    func bePatient() async {
        pace.bePatient(until: BootClock.now + Pace.aroundChange)
        guard let timing = pace.timing(at: BootClock.now) else { return }
        mastership.post(.timingChosen(timing))
        let start = BootClock.now
        while mastership.snapshot.seen?.record.map({ $0.timing.fence < timing.fence }) ?? false,
            BootClock.now - start < .seconds(1)
        {
            guard await Pause.survived(.milliseconds(10)) else { return }
        }
    }

    /// What the store says now: what this node remembers may be from before the last master's changes.
    /// - Returns: nil when the task was cancelled.
    private func currentView() async -> ClusterView? {
        repeat {
            do {
                try await refreshView()
                let view = view.withLockedValue { $0 }
                if view.settings != nil { return view }
            } catch {
                logger.debug("the profile waits for the store", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.milliseconds(200))
        return nil
    }

    private func writeDownProfile(in epoch: Epoch) async throws {
        guard let wanted = pace.wanted, wanted.profile != view.withLockedValue({ $0.activeProfile }) else { return }
        let active = ActiveProfile(active: ProfileChoice(wanted.profile), reason: wanted.reason)
        try await store.change([.put(active, at: ClusterKeys.profile)], by: epoch)
        view.withLockedValue { $0.profile = active }
        journal.record(
            .profileChanged, ["profile": wanted.profile.rawValue, "reason": wanted.reason])
    }
}
