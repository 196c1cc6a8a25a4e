import MastershipCore
import Primitives
import ProfileCore
import Testing

@testable import ClusterService

@Suite struct PaceTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    /// Renewals of one timing, one after the other, each answered after 2 ms.
    /// - Returns: the profiles that were changed to, and when the last answer came.
    private func renew(
        _ pace: Pace, _ timing: Timing, from begin: Instant, until end: Instant
    ) -> (changes: [Profile], end: Instant) {
        var (changes, sentAt): ([Profile], Instant) = ([], begin)
        while sentAt < end {
            let changed = pace.renewal(
                of: timing, sentAt: sentAt, acknowledged: true, at: sentAt + .milliseconds(2))
            if let changed { changes.append(changed) }
            sentAt = sentAt + timing.renew
        }
        return (changes, sentAt)
    }

    /// Growing makes a quick master patient for seconds. The calm pause between two renewals is long for an instant
    /// fence, and says nothing of the machine.
    @Test func patienceIsNoEvidenceAgainstTheProfile() {
        let pace = Pace()
        pace.begin(.instant, chosen: .instant, at: start)
        let patient = start + .seconds(5)
        pace.bePatient(until: patient + Pace.aroundChange)
        let calm = renew(pace, Profile.calm.timing, from: patient, until: patient + .seconds(4))
        let quick = renew(pace, Profile.instant.timing, from: calm.end, until: calm.end + .seconds(1))
        #expect(calm.changes + quick.changes == [])
        #expect(pace.wanted?.profile == .instant)
    }

    @Test func anOperatorsChoiceCountsAlsoInQuietAndPatientTimes() {
        let pace = Pace()
        pace.begin(.calm, chosen: nil, at: start)
        pace.bePatient(until: start + .seconds(10))
        #expect(pace.step(.synced(.seconds(1)), at: start + .seconds(1)) == nil)
        #expect(pace.step(.chosen(.slow), at: start + .seconds(1)) == .slow)
        #expect(pace.wanted?.profile == .slow)
    }

    @Test func lateRenewalsOfTheProfilesOwnTimingAreEvidence() {
        let pace = Pace()
        pace.begin(.instant, chosen: .instant, at: start)
        let quick = renew(
            pace, Profile.instant.timing, from: start + .seconds(4), until: start + .seconds(5))
        #expect(quick.changes == [])
        let late = quick.end + .milliseconds(90)
        let changed = pace.renewal(
            of: Profile.instant.timing, sentAt: late, acknowledged: true, at: late + .milliseconds(2))
        #expect(changed == .fast)
    }
}
