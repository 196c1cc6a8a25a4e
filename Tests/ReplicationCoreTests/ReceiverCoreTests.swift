import Primitives
import ReplicationCore
import StreamProtocol
import Testing

struct ReceiverRig {
    var core: ReceiverCore
    var now: Int64 = 0

    init(durable: StreamPosition = .none, predecessor: StreamPosition = .none, window: UInt64 = 1 << 20) {
        core = ReceiverCore(
            machine: Rig.machine, epoch: 1, durable: durable, predecessor: predecessor, consistent: nil,
            settings: ReceiverCore.Settings(window: window))
    }

    mutating func step(_ event: ReceiverCore.Event) -> [ReceiverCore.Effect] {
        var effects: [ReceiverCore.Effect] = []
        core.step(event, at: Rig.moment(now), into: &effects)
        return effects
    }

    mutating func frame(
        _ connection: UInt64, _ generation: UInt64, _ first: UInt64, records: Int = 1, flags: FrameFlags = .endsEpoch
    ) -> [ReceiverCore.Effect] {
        let last = first + UInt64(records) - 1
        return step(
            .frame(
                connection, Rig.header(generation, first, records: records, flags: flags),
                digest: Rig.position(generation, last).digest))
    }

    /// A source on connection 1 in its first generation.
    static func linked() -> ReceiverRig {
        var rig = ReceiverRig()
        _ = rig.step(.hello(1, Rig.hello()))
        _ = rig.step(.begun)
        return rig
    }
}

@Suite struct ReceiverCoreTests {
    @Test func aStreamFromTheFirstHello() throws {
        var rig = ReceiverRig()
        var talk = Conversation<ReceiverCore.Event, ReceiverCore.Effect> { event, moment in
            rig.now = moment
            return rig.step(event)
        }
        talk.say(.hello(1, Rig.hello()), at: 100)
        talk.say(.begun, at: 101)
        talk.say(.frame(1, Rig.header(1, 1, records: 3), digest: Rig.position(1, 3).digest), at: 102)
        talk.say(.frame(1, Rig.header(1, 4, flags: []), digest: Rig.position(1, 4).digest), at: 103)
        talk.say(.flushed(Rig.position(1, 3)), at: 104)
        talk.say(.peerFlushed(StreamMark(generation: Generation(1), sequence: 3)), at: 105)
        talk.say(.wake, at: 130)
        talk.say(.hello(2, Rig.hello(session: 2)), at: 140)
        talk.say(.flushed(Rig.position(1, 4)), at: 141)
        talk.say(.conditionChanged(.full), at: 150)
        talk.say(.hello(3, Rig.hello(session: 3)), at: 151)
        try talk.compare(with: "receiver.txt")
    }

    private func refusal(_ effects: [ReceiverCore.Effect]) -> HelloAnswer.Refusal? {
        for case .answer(_, .refused(let refusal, _)) in effects { return refusal }
        return nil
    }

    private func isAccepted(_ effects: [ReceiverCore.Effect]) -> Bool {
        effects.contains { if case .answer(_, .accepted) = $0 { true } else { false } }
    }

    @Test func staleHellosAreRefused() {
        var rig = ReceiverRig.linked()
        _ = rig.step(.assigned(epoch: 5, isPaused: false))
        #expect(refusal(rig.step(.hello(2, Rig.hello(epoch: 4, session: 9)))) == .staleEpoch)
        #expect(refusal(rig.step(.hello(2, Rig.hello(epoch: 5, session: 1)))) == .staleSession)
        #expect(refusal(rig.step(.hello(2, Rig.hello(.forward, epoch: 5, session: 1)))) == .staleSession)
        #expect(isAccepted(rig.step(.hello(3, Rig.hello(epoch: 5, session: 2)))))
        #expect(rig.step(.assigned(epoch: 4, isPaused: true)).isEmpty, "an older assignment changes nothing")
    }

    @Test func aGenerationBeginsOnlyAtTheDurableTail() {
        var rig = ReceiverRig(durable: Rig.position(3, 7), predecessor: Rig.position(2, 1))
        let wrong: [(UInt64, StreamPosition)] = [
            (4, Rig.position(3, 6)), (4, Rig.position(3, 7, branch: 1)), (4, .none), (3, Rig.position(3, 7)),
            (2, Rig.position(3, 7)),
        ]
        for (number, (generation, predecessor)) in wrong.enumerated() {
            let hello = Rig.hello(session: UInt64(number + 1), generation: generation, after: predecessor)
            #expect(refusal(rig.step(.hello(UInt64(number + 1), hello))) == .wrongPredecessor)
        }
        let effects = rig.step(.hello(9, Rig.hello(session: 9, generation: 4, after: Rig.position(3, 7))))
        #expect(effects.contains(.begin(Generation(4), after: Rig.position(3, 7))) && !isAccepted(effects))
        #expect(isAccepted(rig.step(.begun)))
        #expect(rig.frame(9, 4, 1).contains(.append(Rig.position(4, 1))))
    }

    @Test func aNewGenerationWaitsForWhatIsNotFlushed() {
        var rig = ReceiverRig.linked()
        _ = rig.frame(1, 1, 1)
        #expect(!isAccepted(rig.step(.hello(2, Rig.hello(session: 2, generation: 2, after: Rig.position(1, 1))))))
        let effects = rig.step(.flushed(Rig.position(1, 1)))
        #expect(effects.contains(.begin(Generation(2), after: Rig.position(1, 1))))
        #expect(isAccepted(rig.step(.begun)))
    }

    @Test func nothingIsAcknowledgedBeforeItsFlush() {
        var rig = ReceiverRig.linked()
        _ = rig.frame(1, 1, 1)
        #expect(rig.core.acknowledgement.received == 1 && rig.core.acknowledgement.durable == 0)
        _ = rig.step(.peerFlushed(StreamMark(generation: Generation(1), sequence: 1)))
        #expect(rig.core.acknowledgement.replicated == 0, "the other node has it, this one not yet")
        _ = rig.step(.flushed(Rig.position(1, 1)))
        #expect(rig.core.acknowledgement.durable == 1 && rig.core.acknowledgement.replicated == 1)
        _ = rig.step(.assigned(epoch: 2, isPaused: false))
        #expect(rig.core.acknowledgement.replicated == 0, "another second node begins with nothing")
    }

    @Test func gapsAndOverrunsEndTheConnection() {
        var rig = ReceiverRig.linked()
        #expect(rig.frame(1, 1, 2).contains(.close(1, .gap(expected: 1, found: 2))))
        rig = .linked()
        #expect(rig.frame(1, 2, 1).contains { if case .close = $0 { true } else { false } })
        rig = .linked()
        #expect(rig.frame(7, 1, 1).isEmpty, "somebody who was not let in")
        var effects: [ReceiverCore.Effect] = []
        for sequence in 1...400 as ClosedRange<UInt64> { effects += rig.frame(1, 1, sequence) }
        #expect(effects.contains(.close(1, .beyondCredits)))
    }

    @Test func theConsistentPointStaysUntilTheNext() {
        var rig = ReceiverRig.linked()
        _ = rig.frame(1, 1, 1)
        _ = rig.frame(1, 1, 2, flags: [.endsEpoch, .notConsistent])
        _ = rig.step(.flushed(Rig.position(1, 2)))
        #expect(rig.core.consistent == Rig.position(1, 1) && !rig.core.isConsistent)
        _ = rig.frame(1, 1, 3)
        _ = rig.step(.flushed(Rig.position(1, 3)))
        #expect(rig.core.isConsistent)
    }

    @Test func aFullJournalKeepsWhatItAcknowledged() {
        var rig = ReceiverRig.linked()
        _ = rig.frame(1, 1, 1)
        _ = rig.step(.flushed(Rig.position(1, 1)))
        _ = rig.frame(1, 1, 2)
        let effects = rig.step(.conditionChanged(.full))
        #expect(effects.contains(.truncate(Rig.position(1, 1))) && effects.contains(.close(1, .condition(.full))))
        #expect(refusal(rig.step(.hello(2, Rig.hello(session: 2)))) == .full)
        _ = rig.step(.conditionChanged(.taking))
        let again = rig.step(.hello(3, Rig.hello(session: 3)))
        #expect(again.contains { if case .answer(3, .accepted(_, next: 2, _, _)) = $0 { true } else { false } })
    }

    @Test func aJournalThatTakesAgainDoesNotEndAPause() {
        var rig = ReceiverRig.linked()
        _ = rig.step(.conditionChanged(.full))
        _ = rig.step(.assigned(epoch: 2, isPaused: true))
        _ = rig.step(.conditionChanged(.taking))
        #expect(refusal(rig.step(.hello(2, Rig.hello(epoch: 2, session: 2)))) == .paused)
        _ = rig.step(.assigned(epoch: 3, isPaused: false))
        #expect(isAccepted(rig.step(.hello(3, Rig.hello(epoch: 3, session: 3)))))
    }

    @Test func aCopyReplacesTheStreamOnlyWhenItIsWhole() {
        var rig = ReceiverRig(durable: Rig.position(1, 5), predecessor: .none)
        #expect(rig.step(.hello(4, Rig.hello(.copy, session: 3, generation: 2))).contains(.beginCopy(4)))
        #expect(rig.frame(4, 2, 1).isEmpty, "no frames while the image comes")
        #expect(
            !isAccepted(rig.step(.hello(4, Rig.hello(.forward, session: 3, generation: 2, after: Rig.position(1, 9))))))
        #expect(rig.core.durable == Rig.position(1, 5))
        let end = CopyEnd(position: Rig.position(2, 40), predecessor: Rig.position(1, 9), isConsistent: true)
        #expect(isAccepted(rig.step(.copyStored(4, end))))
        #expect(rig.core.durable == Rig.position(2, 40) && rig.core.isConsistent)
        #expect(rig.frame(4, 2, 41).contains(.append(Rig.position(2, 41))))
    }

    @Test func aSourceEndsACopy() {
        var rig = ReceiverRig(durable: Rig.position(1, 5), predecessor: .none)
        _ = rig.step(.hello(4, Rig.hello(.copy, session: 3, generation: 2)))
        let effects = rig.step(.hello(5, Rig.hello(session: 4, generation: 1)))
        #expect(effects.contains(.close(4, .replaced)) && isAccepted(effects))
        let end = CopyEnd(position: Rig.position(2, 40), predecessor: .none, isConsistent: true)
        #expect(rig.step(.copyStored(4, end)).isEmpty)
    }
}
