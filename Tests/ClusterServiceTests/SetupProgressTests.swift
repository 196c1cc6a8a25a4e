import APIProtocol
import Primitives
import Testing

@testable import ClusterService

@Suite struct SetupProgressTests {
    func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test func phasesFollowOneAnotherAndTheLastOneRuns() {
        var progress = SetupProgress.begin(.checks, at: at(0))
        progress.next(.identity, at: at(400))
        progress.next(.identity, at: at(500))
        let phases = progress.phases(at: at(430))
        #expect(phases.map(\.name) == ["checks", "identity"])
        #expect(phases.map(\.state) == [.done, .running])
        #expect(phases.map(\.milliseconds) == [400, 30])
    }

    @Test func aFailureShowsInThePhaseInWhichItHappened() {
        let progress = SetupProgress.begin(.checks, at: at(0))
        #expect(progress.phases(at: at(1), failed: true).map(\.state) == [.failed])
    }

    @Test func onlyTheFirstFinishCounts() {
        var progress = SetupProgress.begin(.service, at: at(0))
        progress.finish(at: at(70))
        progress.finish(at: at(900))
        #expect(progress.phases(at: at(1_000)).map(\.milliseconds) == [70])
        #expect(progress.phases(at: at(1_000)).map(\.state) == [.done])
    }
}
