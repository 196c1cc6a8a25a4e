import Primitives
import ReplicationCore
import StreamProtocol
import Testing

struct ForwarderRig {
    var core: ForwarderCore
    var now: Int64 = 0

    /// Generation 1 up to record 9, then generation 2 up to record `sequence`.
    init(sequence: UInt64 = 20) {
        core = ForwarderCore(
            machine: Rig.machine,
            branches: [
                ForwarderCore.Branch(generation: Generation(1), predecessor: .none),
                ForwarderCore.Branch(generation: Generation(2), predecessor: Rig.position(1, 9)),
            ], durable: Rig.position(2, sequence))
    }

    mutating func step(_ event: ForwarderCore.Event) -> [ForwarderCore.Effect] {
        var effects: [ForwarderCore.Effect] = []
        core.step(event, at: Rig.moment(now), into: &effects)
        return effects
    }

    mutating func connect() {
        _ = step(.assigned(Rig.hello(.forward, session: 4)))
        _ = step(.connected)
    }
}

@Suite struct ForwarderCoreTests {
    @Test func aNodeInAnOlderGenerationIsBroughtLevel() throws {
        var rig = ForwarderRig()
        var talk = Conversation<ForwarderCore.Event, ForwarderCore.Effect> { event, moment in
            rig.now = moment
            return rig.step(event)
        }
        talk.say(.assigned(Rig.hello(.forward, session: 4)), at: 0)
        talk.say(.connected, at: 1)
        talk.say(.answered(.refused(.wrongPredecessor, tail: Rig.position(1, 5))), at: 2)
        talk.say(.found(Rig.position(1, 5), .readable), at: 3)
        talk.say(.answered(.accepted(durable: Rig.position(1, 5), next: 6, credits: 100_000, codec: .none)), at: 4)
        talk.say(.found(Rig.position(1, 5), .readable), at: 5)
        talk.say(.read(Rig.position(1, 9), bytes: 8_192), at: 6)
        let first = Acknowledgement(generation: Generation(1), received: 9, durable: 9, credits: 100_000)
        talk.say(.acknowledged(first), at: 7)
        talk.say(.answered(.accepted(durable: Rig.position(1, 9), next: 1, credits: 100_000, codec: .none)), at: 8)
        talk.say(.found(Rig.position(1, 9), .readable), at: 9)
        talk.say(.read(Rig.position(2, 20), bytes: 8_192), at: 10)
        talk.say(.durable(Rig.position(2, 21)), at: 11)
        let second = Acknowledgement(generation: Generation(2), received: 20, durable: 20, credits: 100_000)
        talk.say(.acknowledged(second), at: 12)
        talk.say(.disconnected, at: 13)
        talk.say(.wake, at: 600)
        try talk.compare(with: "forwarder.txt")
    }

    @Test(arguments: [ForwarderCore.Finding.folded]) func anEmptyOrFarNodeGetsACopy(finding: ForwarderCore.Finding) {
        var rig = ForwarderRig()
        rig.connect()
        _ = rig.step(.answered(.refused(.wrongPredecessor, tail: .none)))
        let effects = rig.step(.found(.none, finding))
        #expect(effects.contains(.report(.copying(tail: .none))))
        #expect(effects.contains { if case .greet(let hello) = $0 { hello.purpose == .copy } else { false } })
        let answer = HelloAnswer.accepted(durable: .none, next: 1, credits: 1, codec: .none)
        #expect(rig.step(.answered(answer)).contains(.copyBase))
        let end = rig.step(.copied(Rig.position(2, 10), isConsistent: true))
        let expected = CopyEnd(position: Rig.position(2, 10), predecessor: Rig.position(1, 9), isConsistent: true)
        #expect(end.contains(.sendCopyEnd(expected)))
        #expect(end.contains { if case .greet(let hello) = $0 { hello.generation == Generation(2) } else { false } })
    }

    /// Found by the simulator: the first copy is under way here, so there is no consistent point yet.
    @Test func aNodeWithoutAPointCopiesNothingAndForwardsAll() {
        var rig = ForwarderRig()
        rig.connect()
        _ = rig.step(.answered(.refused(.wrongPredecessor, tail: Rig.position(1, 12, branch: 1))))
        _ = rig.step(.found(Rig.position(1, 12, branch: 1), .strange))
        _ = rig.step(.answered(.accepted(durable: .none, next: 1, credits: 1, codec: .none)))
        let effects = rig.step(.copied(.none, isConsistent: true))
        #expect(effects.contains(.sendCopyEnd(CopyEnd(position: .none, predecessor: .none, isConsistent: true))))
        #expect(effects.contains { if case .greet(let hello) = $0 { hello.purpose == .forward } else { false } })
    }

    @Test func theEndThatTheSourceLeftBehindIsCopiedOver() {
        var rig = ForwarderRig()
        rig.connect()
        let orphan = Rig.position(1, 12, branch: 1)
        _ = rig.step(.answered(.refused(.wrongPredecessor, tail: orphan)))
        #expect(rig.step(.found(orphan, .strange)).contains(.report(.copying(tail: orphan))))
    }

    /// Two generations with one predecessor: nothing is merged, nothing is written over.
    @Test(arguments: [(2, 20), (3, 1)]) func aSplitBrainIsReportedAndLeftAlone(generation: UInt64, sequence: UInt64) {
        var rig = ForwarderRig()
        rig.connect()
        let theirs = Rig.position(generation, sequence, branch: 7)
        _ = rig.step(.answered(.refused(.wrongPredecessor, tail: theirs)))
        let effects = rig.step(.found(theirs, .strange))
        #expect(effects.contains(.report(.splitBrain(ours: Rig.position(2, 20), theirs: theirs))))
        #expect(effects.contains(.disconnect) && rig.core.phase == .splitBrain(theirs))
        #expect(rig.step(.disconnected).isEmpty && rig.step(.wake).allSatisfy { $0 != .connect })
        #expect(rig.step(.decidedForOurs).contains(.connect))
    }

    @Test func aNodeThatIsAheadIsLeftAlone() {
        var rig = ForwarderRig()
        rig.connect()
        _ = rig.step(.answered(.accepted(durable: Rig.position(2, 30), next: 31, credits: 1, codec: .none)))
        #expect(
            rig.step(.found(Rig.position(2, 30), .strange)).contains(.report(.behind(tail: Rig.position(2, 30)))))
    }

    @Test func withoutTheSourceNothingIsPassedOn() {
        var rig = ForwarderRig()
        rig.connect()
        #expect(rig.step(.assigned(nil)).contains(.disconnect) && rig.core.phase == .idle)
    }
}
