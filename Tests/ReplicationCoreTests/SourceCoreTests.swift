import CaptureProtocol
import Primitives
import ReplicationCore
import StreamProtocol
import Testing

/// A source whose file and nodes answer as told.
struct SourceRig {
    var core: SourceCore
    var now: Int64 = 0

    init(
        _ start: SourceCore.Start = .first, memory: SourceCore.Memory = .none, ring: Int = 80 << 20, spool: Int = 0
    ) {
        core = SourceCore(
            machine: Rig.machine, volumes: Rig.volumes, memory: memory, start: start,
            settings: SourceCore.Settings(ringLimit: ring, spoolLimit: spool, copyBatch: 4_096))
    }

    mutating func step(_ event: SourceCore.Event) -> [SourceCore.Effect] {
        var effects: [SourceCore.Effect] = []
        core.step(event, at: Rig.moment(now), wall: 0, into: &effects)
        return effects
    }

    /// Linked to node 0 and through its first copy.
    static func streaming(
        links: Int = 2, level: AcknowledgementLevel = .replicated, ring: Int = 80 << 20, spool: Int = 0
    ) -> SourceRig {
        var rig = SourceRig(ring: ring, spool: spool)
        _ = rig.step(.assigned(SourceCore.Task(epoch: 1, links: links, level: level)))
        _ = rig.step(.connected(0))
        _ = rig.step(.persisted)
        _ = rig.step(.answered(0, .accepted(durable: .none, next: 1, credits: 1 << 30, codec: .none)))
        _ = rig.step(.copied(bytes: 4_096, remaining: 0))
        _ = rig.step(.frameClosed(Rig.closed(1, 1, 1)))
        _ = rig.step(.copyEnded(at: 1))
        return rig
    }

    mutating func acknowledge(_ durable: UInt64, replicated: UInt64 = 0, link: Int = 0) -> [SourceCore.Effect] {
        step(
            .acknowledged(
                link,
                Acknowledgement(
                    generation: core.memory.generation, received: durable, durable: durable, replicated: replicated,
                    credits: 1 << 30)))
    }
}

@Suite struct SourceCoreTests {
    @Test func theFirstCopy() throws {
        var talk = conversation(SourceRig())
        talk.say(.assigned(SourceCore.Task(epoch: 1, links: 2, level: .replicated)), at: 0)
        talk.say(.connected(0), at: 1)
        talk.say(.persisted, at: 2)
        talk.say(.answered(0, .accepted(durable: .none, next: 1, credits: 1 << 20, codec: .none)), at: 3)
        talk.say(.frameClosed(Rig.closed(1, 1, 4)), at: 4)
        talk.say(.copied(bytes: 4_096, remaining: 0), at: 5)
        talk.say(.frameClosed(Rig.closed(1, 5, 5)), at: 6)
        talk.say(.copyEnded(at: 5), at: 6)
        let first = Acknowledgement(generation: Generation(1), received: 5, durable: 4, credits: 1 << 20)
        talk.say(.acknowledged(0, first), at: 8)
        let second = Acknowledgement(
            generation: Generation(1), received: 5, durable: 5, replicated: 5, credits: 1 << 20)
        talk.say(.acknowledged(0, second), at: 9)
        talk.say(.bookmarkRequested(try #require(BookmarkText("before"))), at: 10)
        try talk.compare(with: "source-first-copy.txt")
    }

    @Test func theReceiverDiesAndTheOtherGoesOn() throws {
        var rig = SourceRig.streaming()
        _ = rig.acknowledge(1, replicated: 1)
        _ = rig.step(.frameClosed(Rig.closed(1, 2, 3)))
        _ = rig.step(.frameClosed(Rig.closed(1, 4, 4)))
        var talk = conversation(rig)
        talk.say(.disconnected(0), at: 20)
        talk.say(.connected(1), at: 21)
        talk.say(.persisted, at: 22)
        talk.say(.answered(1, .accepted(durable: Rig.position(1, 3), next: 4, credits: 1 << 20, codec: .none)), at: 23)
        talk.say(.disconnected(1), at: 30)
        talk.say(.disconnected(0), at: 31)
        talk.say(.wake, at: 300)
        try talk.compare(with: "source-failover.txt")
    }

    @Test func afterACrashWhatTheIntentLogMarksIsCompared() throws {
        let memory = SourceCore.Memory(
            session: 8, generation: Generation(3), predecessor: Rig.position(2, 9),
            settled: StreamMark(generation: Generation(3), sequence: 40))
        var talk = conversation(SourceRig(.crashed, memory: memory))
        talk.say(.assigned(SourceCore.Task(epoch: 2, links: 1, level: .durable)), at: 0)
        talk.say(.connected(0), at: 1)
        talk.say(.persisted, at: 2)
        talk.say(.answered(0, .accepted(durable: Rig.position(3, 50), next: 51, credits: 1 << 20, codec: .none)), at: 3)
        talk.say(.persisted, at: 4)
        talk.say(
            .answered(0, .accepted(durable: Rig.position(3, 50), next: 1, credits: 1 << 20, codec: .none)), at: 5)
        talk.say(.copied(bytes: 0, remaining: 0), at: 6)
        try talk.compare(with: "source-after-crash.txt")
    }

    private func conversation(_ rig: SourceRig) -> Conversation<SourceCore.Event, SourceCore.Effect> {
        var rig = rig
        return Conversation { event, moment in
            rig.now = moment
            return rig.step(event)
        }
    }

    // MARK: What is freed and settled

    @Test func dataIsFreedAtTheChosenLevel() {
        var replicated = SourceRig.streaming(level: .replicated)
        #expect(!replicated.acknowledge(1).contains(.free(through: 1)))
        #expect(replicated.acknowledge(1, replicated: 1).contains(.free(through: 1)))
        var durable = SourceRig.streaming(level: .durable)
        let effects = durable.acknowledge(1)
        #expect(effects.contains(.free(through: 1)))
        #expect(!effects.contains { if case .settle = $0 { true } else { false } }, "the other node does not have it")
        let settled = StreamMark(generation: Generation(1), sequence: 1)
        #expect(durable.acknowledge(1, replicated: 1).contains(.settle(settled)))
    }

    /// Settling flushes the disks and writes a file: not at every acknowledgement, but even when no other comes.
    @Test func settlingPauses() throws {
        var rig = SourceRig.streaming(links: 1)
        func settled(_ sequence: UInt64) -> SourceCore.Effect {
            .settle(StreamMark(generation: Generation(1), sequence: sequence))
        }
        #expect(rig.acknowledge(1).contains(settled(1)))
        _ = rig.step(.frameClosed(Rig.closed(1, 2, 2)))
        let effects = rig.acknowledge(2)
        #expect(!effects.contains(settled(2)))
        #expect(effects.contains(.wake(at: Rig.moment(5_000))))
        rig.now = 4_999
        #expect(!rig.step(.wake).contains(settled(2)))
        rig.now = 5_000
        #expect(rig.step(.wake).contains(settled(2)))
    }

    /// What nodes had of one generation says nothing of the next.
    @Test func whatWaitsToBeSettledEndsWithItsGeneration() {
        var rig = SourceRig.streaming(links: 1)
        _ = rig.acknowledge(1)
        _ = rig.step(.frameClosed(Rig.closed(1, 2, 2)))
        _ = rig.acknowledge(2)
        _ = rig.step(.disconnected(0))
        rig.now = 6_000
        var effects = rig.step(.wake)
        effects += rig.step(.connected(0))
        effects += rig.step(.persisted)
        // The node has lost what it had.
        effects += rig.step(.answered(0, .refused(.wrongPredecessor, tail: .none)))
        effects += rig.step(.persisted)
        rig.now = 12_000
        effects += rig.step(.wake)
        #expect(rig.core.memory.generation == Generation(2))
        #expect(
            !effects.contains {
                if case .settle(let mark) = $0 { mark.generation == Generation(2) } else { false }
            })
    }

    @Test func withOneNodeDurableIsAllThereIs() {
        var rig = SourceRig.streaming(links: 1, level: .replicated)
        #expect(rig.acknowledge(1).contains(.free(through: 1)))
    }

    /// Found by the simulator: with the second node away a resync never had room again.
    @Test func aResyncDoesNotWaitForTheSecondNode() {
        var rig = SourceRig(ring: 8 << 20)
        _ = rig.step(.assigned(SourceCore.Task(epoch: 1, links: 2, level: .replicated)))
        _ = rig.step(.connected(0))
        _ = rig.step(.persisted)
        _ = rig.step(.answered(0, .accepted(durable: .none, next: 1, credits: 1 << 30, codec: .none)))
        _ = rig.step(.frameClosed(Rig.closed(1, 1, 1, bytes: 4 << 20)))
        #expect(rig.step(.copied(bytes: 4_096, remaining: 4_096)).isEmpty, "the ring has no room")
        let effects = rig.acknowledge(1)
        #expect(effects.contains(.free(through: 1)) && effects.contains(.copy(bytes: 4_096, comparing: false)))
    }

    @Test func creditsBoundWhatIsUnderWay() {
        var rig = SourceRig.streaming()
        _ = rig.acknowledge(1, replicated: 1)
        let few = Acknowledgement(generation: Generation(1), received: 1, durable: 1, replicated: 1, credits: 16_384)
        _ = rig.step(.acknowledged(0, few))
        #expect(rig.step(.frameClosed(Rig.closed(1, 2, 2))).contains(.send(0, 2)))
        #expect(rig.step(.frameClosed(Rig.closed(1, 3, 3))).contains(.send(0, 3)))
        #expect(!rig.step(.frameClosed(Rig.closed(1, 4, 4))).contains(.send(0, 4)))
        let more = Acknowledgement(generation: Generation(1), received: 2, durable: 1, replicated: 1, credits: 16_384)
        #expect(rig.step(.acknowledged(0, more)).contains(.send(0, 4)))
    }

    // MARK: States

    @Test func aSpoolSmallerThanTheRingIsUsed() {
        var rig = SourceRig.streaming(ring: 16 << 20, spool: 6 << 20)
        _ = rig.step(.disconnected(0))
        var spooling: [UInt64] = []
        for sequence: UInt64 in 2...15 {
            let effects = rig.step(.frameClosed(Rig.closed(1, sequence, sequence, bytes: 1 << 20)))
            for case .spool(let one) in effects { spooling.append(one) }
        }
        #expect(rig.core.state == .spool, "what is on its way into the spool has its room there")
        #expect(spooling.count == 6)
        for one in spooling { _ = rig.step(.spooled(one)) }
        #expect(rig.core.state == .spool)
        for sequence: UInt64 in 16...20 {
            _ = rig.step(.frameClosed(Rig.closed(1, sequence, sequence, bytes: 1 << 20)))
        }
        #expect(rig.core.state == .bitmap)
    }

    @Test func aFullRingGoesThroughTheSpoolAndThenToMarks() {
        var rig = SourceRig.streaming(ring: 8 << 20, spool: 12 << 20)
        _ = rig.step(.disconnected(0))
        var seen: [SourceCore.State] = []
        var sequence: UInt64 = 1
        for _ in 0..<40 where rig.core.state != .bitmap {
            sequence += 1
            let effects = rig.step(.frameClosed(Rig.closed(1, sequence, sequence, bytes: 1 << 20)))
            for case .spool(let one) in effects { _ = rig.step(.spooled(one)) }
            if seen.last != rig.core.state { seen.append(rig.core.state) }
        }
        #expect(seen == [.stream, .spool, .bitmap])
        #expect(sequence > 15, "ring and spool were used")
        _ = rig.step(.connected(1))
        _ = rig.step(.persisted)
        _ = rig.step(.answered(1, .accepted(durable: Rig.position(1, 1), next: 2, credits: 1 << 30, codec: .none)))
        #expect(rig.core.state == .bitmap, "the frames from before go first")
        let effects = rig.acknowledge(sequence, replicated: sequence, link: 1)
        #expect(rig.core.state == .resync)
        #expect(effects.contains(.copy(bytes: 4_096, comparing: false)), "after a mere cut nothing is hashed")
        #expect(!effects.contains { if case .settle = $0 { true } else { false } }, "marks are in the intent log only")
    }

    @Test func aResyncIsWholeBeforeTheNextJudgement() {
        var rig = SourceRig(ring: 8 << 20)
        _ = rig.step(.assigned(SourceCore.Task(epoch: 1, links: 1, level: .durable)))
        _ = rig.step(.connected(0))
        _ = rig.step(.persisted)
        _ = rig.step(.answered(0, .accepted(durable: .none, next: 1, credits: 0, codec: .none)))
        #expect(rig.core.state == .resync)
        var effects: [SourceCore.Effect] = []
        for sequence in 1...8 as ClosedRange<UInt64> {
            effects += rig.step(.frameClosed(Rig.closed(1, sequence, sequence, bytes: 1 << 20)))
        }
        #expect(effects.contains(.record(.marks)) && rig.core.state == .resync)
        effects = rig.step(.copied(bytes: 4_096, remaining: 8_192))
        #expect(!effects.contains(.copy(bytes: 4_096, comparing: false)), "the ring has no room")
        effects = rig.acknowledge(7)
        #expect(effects.contains(.record(.records(isConsistent: false))))
        #expect(effects.contains(.copy(bytes: 4_096, comparing: false)))
        effects = rig.step(.copied(bytes: 8_192, remaining: 0))
        #expect(effects.contains(.endCopy))
        effects = rig.step(.copyEnded(at: 9))
        #expect(rig.core.state == .stream && effects.contains(.record(.records(isConsistent: true))))
    }

    @Test func whatOneNodeHasIsFreedBeforeTheStreamIsGivenUp() {
        var rig = SourceRig.streaming(ring: 8 << 20)
        for sequence in 2...6 as ClosedRange<UInt64> {
            _ = rig.step(.frameClosed(Rig.closed(1, sequence, sequence, bytes: 1 << 20)))
        }
        _ = rig.acknowledge(6)
        let effects = rig.step(.frameClosed(Rig.closed(1, 7, 7, bytes: 2 << 20)))
        #expect(effects.contains(.report(.freedUnreplicated(through: 6))))
        #expect(rig.core.state == .stream)
    }

    // MARK: Other tails

    @Test func aNodeThatIsFurtherBackThanTheRingGetsANewGeneration() {
        var rig = SourceRig.streaming(level: .durable)
        _ = rig.acknowledge(1, replicated: 1)
        _ = rig.step(.frameClosed(Rig.closed(1, 2, 5)))
        _ = rig.acknowledge(5, replicated: 1)
        _ = rig.step(.disconnected(0))
        _ = rig.step(.connected(1))
        _ = rig.step(.persisted)
        let effects = rig.step(
            .answered(1, .accepted(durable: Rig.position(1, 3), next: 4, credits: 1 << 20, codec: .none)))
        #expect(effects.contains(.markUnsettled) && effects.contains(.discardFrames))
        #expect(rig.core.memory.generation == Generation(2) && rig.core.memory.predecessor == Rig.position(1, 3))
        #expect(rig.step(.persisted).contains(.beginGeneration(Generation(2), after: Rig.position(1, 3))))
    }

    @Test func aNodeFromBeforeTheIntentLogIsComparedWhole() {
        var rig = SourceRig.streaming()
        _ = rig.step(.frameClosed(Rig.closed(1, 2, 5)))
        _ = rig.acknowledge(5, replicated: 5)
        _ = rig.step(.assigned(SourceCore.Task(epoch: 2, links: 2, level: .replicated)))
        _ = rig.step(.connected(0))
        _ = rig.step(.persisted)
        let effects = rig.step(.answered(0, .refused(.wrongPredecessor, tail: Rig.position(1, 2))))
        #expect(effects.contains(.markAll) && !effects.contains(.markUnsettled))
    }

    @Test func aDifferentDigestIsReportedAndComparedWhole() {
        var rig = SourceRig.streaming()
        _ = rig.step(.disconnected(0))
        _ = rig.step(.connected(1))
        _ = rig.step(.persisted)
        let strange = Rig.position(1, 1, branch: 9)
        let effects = rig.step(.answered(1, .accepted(durable: strange, next: 2, credits: 1, codec: .none)))
        #expect(effects.contains(.report(.diverged(1, tail: strange))) && effects.contains(.markAll))
    }

    @Test func aGenerationOfSomebodyElseIsNotWrittenOver() {
        var rig = SourceRig()
        _ = rig.step(.assigned(SourceCore.Task(epoch: 1, links: 1, level: .durable)))
        _ = rig.step(.connected(0))
        _ = rig.step(.persisted)
        let effects = rig.step(.answered(0, .refused(.wrongPredecessor, tail: Rig.position(9, 1))))
        #expect(effects.contains(.report(.foreign(0, tail: Rig.position(9, 1)))))
        #expect(!effects.contains { if case .persist = $0 { true } else { false } })
    }

    // MARK: People

    @Test func aPausedStreamMarksAndResyncs() {
        var rig = SourceRig.streaming()
        var effects = rig.step(.assigned(SourceCore.Task(epoch: 1, links: 2, level: .replicated, isPaused: true)))
        #expect(effects.contains(.disconnect(0)) && effects.contains(.record(.marks)))
        #expect(rig.step(.cutRequested).contains(.report(.cutRefused)))
        effects = rig.step(.assigned(SourceCore.Task(epoch: 2, links: 2, level: .replicated)))
        #expect(effects.contains(.connect(0)))
    }

    @Test func anAddedVolumeIsCopiedWhole() {
        var rig = SourceRig.streaming()
        _ = rig.acknowledge(1, replicated: 1)
        let change = VolumeChange(size: 1 << 20, blockSize: 512, name: "data")
        let effects = rig.step(.volumeChanged(VolumeNumber(1), change, isNew: true))
        #expect(effects.contains(.change(VolumeNumber(1), change)) && rig.core.state == .resync)
        #expect(
            rig.step(.volumeChanged(VolumeNumber(1), change, isNew: false)).contains(.change(VolumeNumber(1), change)))
    }
}
