import MastershipCore
import Primitives
import Testing

@Suite struct GenerationTests {
    let high = Epoch(generation: 1, revision: 500)

    @Test func everyHigherEpochIsRememberedFirst() throws {
        var rig = Rig.follower()
        #expect(rig.effects.first == .remember(Epoch(generation: 1, revision: 15)))
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 30))
        #expect(rig.effects.first == .remember(Epoch(generation: 1, revision: 30)))
    }

    @Test func aStoreThatWentBackwardsIsNotTakenOver() throws {
        var rig = Rig(highest: high)
        rig.step(.standingChanged(true))
        rig.step(.observed(Observation(record: .others(), revision: 20, gate: 5)))
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        #expect(rig.write == nil)
        let seen = Epoch(generation: 1, revision: 15)
        #expect(rig.effects == [.report(.storeWentBackwards(seen: seen, highest: high))])
    }

    @Test func afterARestoreTheNextGenerationTakesOver() throws {
        var rig = Rig(generation: 2, highest: high)
        rig.step(.standingChanged(true))
        rig.step(.observed(Observation(record: .others(), revision: 20, gate: 5)))
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        #expect(rig.write?.record.generation == 2)
        rig.step(.writeSucceeded(id: try #require(rig.write).id, revision: 21))
        #expect(try #require(rig.core.tenureEpoch) > high)
    }

    @Test func aHigherGenerationIsNewsAtALowerRevision() throws {
        var rig = Rig.follower()
        let restored = Observation(record: .others(session: 12, generation: 2, takeover: 3), revision: 5, gate: 5)
        rig.step(.observed(restored))
        #expect(rig.core.seen == restored)
        #expect(rig.core.highest == Epoch(generation: 2, revision: 3))
    }

    @Test func aContenderNoticesThatTheStoreWentBackwardsUnderIt() throws {
        var rig = Rig.follower()
        rig.step(.wake, after: try #require(rig.wake) - rig.now)
        let id = try #require(rig.write).id
        rig.step(.writeRefused(id: id, current: Observation(record: .others(), revision: 18, gate: 5)))
        #expect(rig.wake == nil, "it waits for news instead of trying for ever")
        let seen = Epoch(generation: 1, revision: 15)
        #expect(rig.effects == [.report(.storeWentBackwards(seen: seen, highest: seen))])
    }

    @Test func aMasterWhoseStoreWentBackwardsGivesUp() throws {
        var rig = try Rig.master()
        rig.step(.wake, after: Timing.calm.renew)
        let write = try #require(rig.write)
        rig.step(.writeRefused(id: write.id, current: Observation(record: write.record, revision: 10)))
        #expect(rig.vacates == .deposed(by: Rig.own))
    }

    @Test func aVanishedKeyMayStillHaveAMaster() throws {
        var rig = Rig(highest: high)
        rig.step(.standingChanged(true))
        rig.step(.observed(Observation(record: nil, revision: 0)))
        #expect(rig.write == nil)
        #expect(try #require(rig.wake) - rig.now >= Timing.calm.take)
    }
}
