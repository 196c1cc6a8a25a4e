import APIProtocol
import MastershipCore
import Primitives
import Testing

@testable import ClusterService

@Suite struct FailoverTimelineTests {
    let epoch = Epoch(generation: 1, revision: 40)
    func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// A real lapse comes out of the core; its initializer is the core's own.
    func contended(after previous: MasterRecord?, newsAt: Instant, at now: Instant) throws -> MastershipCore.Lapse {
        let node = try #require(NodeID("00000000000000aa"))
        var core = MastershipCore(
            node: node, session: 1, generation: 1, highest: .none, timing: try timing(), seed: 1)
        var effects: [MastershipCore.Effect] = []
        core.step(.standingChanged(true), at: newsAt, into: &effects)
        let observation = Observation(record: previous, revision: previous == nil ? 0 : 30, gate: 5)
        core.step(.observed(observation), at: newsAt, into: &effects)
        core.step(.wake, at: now, into: &effects)
        let lapses = effects.compactMap { effect -> MastershipCore.Lapse? in
            if case .report(.contending(let lapse)) = effect { lapse } else { nil }
        }
        return try #require(lapses.last)
    }

    func timing() throws -> Timing {
        try Timing(
            renew: .milliseconds(50), fence: .milliseconds(250), take: .milliseconds(500), spread: .zero)
    }

    func record(_ claim: MasterRecord.Claim) throws -> MasterRecord {
        MasterRecord(
            node: try #require(NodeID("00000000000000bb")), session: 2, generation: 1, takeoverRevision: 9,
            sequence: 7, claim: claim, timing: try timing())
    }

    @Test func phasesAddUpToTheTotal() throws {
        var timeline = FailoverTimeline()
        timeline.contending(try contended(after: record(.held), newsAt: at(1_000), at: at(1_520)))
        timeline.tookOver(epoch, at: at(1_523))
        #expect(timeline.held(epoch, at: at(1_524)) == nil)
        let complete = timeline.serviceReady(epoch, at: at(1_526))
        let finished = try #require(complete)
        #expect(finished.detected == .milliseconds(520))
        #expect(finished.decided == .milliseconds(3))
        #expect(finished.vipMoved == .milliseconds(1))
        #expect(finished.serviceReady == .milliseconds(2))
        #expect(finished.total == .milliseconds(526))
        #expect(finished.cause == .silence)
    }

    @Test func theAddressMayComeAfterTheService() throws {
        var timeline = FailoverTimeline()
        timeline.contending(try contended(after: record(.released(to: nil)), newsAt: at(0), at: at(1)))
        timeline.tookOver(epoch, at: at(2))
        #expect(timeline.serviceReady(epoch, at: at(3)) == nil)
        let complete = timeline.held(epoch, at: at(5))
        let finished = try #require(complete)
        #expect(finished.cause == .released)
        #expect(finished.serviceReady == .zero)
        #expect(finished.total == .milliseconds(5))
    }

    @Test func anotherEpochsAddressIsNotThisTakeovers() throws {
        var timeline = FailoverTimeline()
        timeline.contending(try contended(after: nil, newsAt: at(0), at: at(0)))
        timeline.tookOver(epoch, at: at(2))
        #expect(timeline.held(Epoch(generation: 1, revision: 39), at: at(3)) == nil)
        #expect(timeline.serviceReady(epoch, at: at(4)) == nil)
        #expect(timeline.held(epoch, at: at(5))?.cause == .founded)
    }

    @Test func everyRefreshOfTheAddressDoesNotCompleteItAgain() throws {
        var timeline = FailoverTimeline()
        timeline.contending(try contended(after: nil, newsAt: at(0), at: at(0)))
        timeline.tookOver(epoch, at: at(1))
        _ = timeline.serviceReady(epoch, at: at(1))
        #expect(timeline.held(epoch, at: at(2)) != nil)
        #expect(timeline.held(epoch, at: at(3)) == nil)
    }
}
