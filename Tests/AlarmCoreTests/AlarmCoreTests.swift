import CaptureProtocol
import Primitives
import StreamProtocol
import Testing

@testable import AlarmCore

@Suite("Alarms of replication")
struct AlarmCoreTests {
    private static let machine = MachineID(high: 1, low: 2)

    private static func facts(
        _ state: StreamStatus.State? = .streaming, lag: Span? = .zero, hasSecond: Bool = true, isBehind: Bool = false,
        mark: UInt64 = 0, notes: [String] = []
    ) -> AlarmCore.Facts {
        .init(
            machine: machine, state: state, lag: lag, target: .seconds(10), wantsSecond: true, hasSecond: hasSecond,
            isBehind: isBehind, mark: [mark], notes: notes)
    }

    /// Looks once a second.
    private struct Play {
        var core = AlarmCore()
        var second: Int64 = 0

        mutating func run(_ seconds: Int64, _ facts: (Int64) -> AlarmCore.Facts) -> [AlarmCore.Effect] {
            var effects: [AlarmCore.Effect] = []
            for _ in 0..<seconds {
                core.step(.looked([facts(second)]), at: Instant(nanoseconds: second * 1_000_000_000), into: &effects)
                second += 1
            }
            return effects
        }
    }

    @Test func lagIsToldOnceAndClearedOnce() {
        var play = Play()
        #expect(play.run(60) { _ in Self.facts(lag: .seconds(1)) }.isEmpty)
        let raised = play.run(60) { _ in Self.facts(lag: .seconds(11)) }
        #expect(raised == [.raised(Self.machine, .lagOverTarget), .keep])
        // Between four fifths and the target nothing changes.
        #expect(play.run(60) { _ in Self.facts(lag: .seconds(9)) }.isEmpty)
        #expect(
            play.run(60) { _ in Self.facts(lag: .seconds(8)) } == [.cleared(Self.machine, .lagOverTarget), .keep])
    }

    @Test func whatPassesByIsNotTold() {
        var play = Play()
        #expect(play.run(100) { Self.facts(lag: $0 % 5 == 0 ? .seconds(1) : .seconds(20)) }.isEmpty)
        #expect(play.run(100) { Self.facts($0 % 14 == 0 ? .streaming : .disconnected) }.isEmpty)
        #expect(play.run(100) { Self.facts(hasSecond: $0 % 4 == 0) }.isEmpty)
    }

    @Test func aCopyOrAPauseHasNoLag() {
        for state in [StreamStatus.State.copying, .paused, .waiting] {
            var play = Play()
            #expect(play.run(60) { Self.facts(state, lag: .seconds(100), mark: UInt64($0)) }.isEmpty, "\(state)")
        }
    }

    @Test func whatDoesNotMoveIsStalledAndAnIdleSourceIsNot() {
        var play = Play()
        #expect(play.run(100) { _ in Self.facts(isBehind: false) }.isEmpty)
        #expect(play.run(100) { Self.facts(isBehind: true, mark: UInt64($0 / 20)) }.isEmpty)
        #expect(play.run(60) { _ in Self.facts(isBehind: true, mark: 7) } == [.raised(Self.machine, .stalled), .keep])
        #expect(
            play.run(10) { Self.facts(isBehind: true, mark: UInt64($0)) } == [.cleared(Self.machine, .stalled), .keep])
    }

    @Test(arguments: [
        (StreamStatus.State?.some(.full), Alarm.journalFull), (.faulted, .faulted), (.disconnected, .streamStopped),
        (nil, .streamStopped),
    ])
    func states(state: StreamStatus.State?, alarm: Alarm) {
        var play = Play()
        let raised = play.run(30) { _ in Self.facts(state, lag: nil) }
        #expect(raised == [.raised(Self.machine, alarm), .keep])
        #expect(play.run(30) { _ in Self.facts() } == [.cleared(Self.machine, alarm), .keep])
    }

    @Test(arguments: [
        ("journalFull", Alarm.journalFull), ("journalFaulted", .faulted), ("splitBrain", .splitBrain),
        ("damaged", .damaged),
    ])
    func notes(code: String, alarm: Alarm) {
        var play = Play()
        let raised = play.run(30) { _ in Self.facts(notes: [code, "other"]) }
        #expect(raised == [.raised(Self.machine, alarm), .keep])
        #expect(play.run(30) { _ in Self.facts() } == [.cleared(Self.machine, alarm), .keep])
    }

    @Test func theNextMasterGoesOn() {
        var play = Play()
        _ = play.run(60) { _ in Self.facts(hasSecond: false) }
        var next = Play()
        var effects: [AlarmCore.Effect] = []
        next.core.step(.restored(play.core.raised), at: Instant(nanoseconds: 0), into: &effects)
        #expect(next.core.raised(of: Self.machine) == [.secondMissing])
        #expect(next.run(60) { _ in Self.facts(hasSecond: false) }.isEmpty)
        #expect(next.run(60) { _ in Self.facts() } == [.cleared(Self.machine, .secondMissing), .keep])
    }

    @Test func aMachineThatIsNoLongerProtectedIsForgotten() {
        var play = Play()
        _ = play.run(60) { _ in Self.facts(hasSecond: false) }
        var effects: [AlarmCore.Effect] = []
        play.core.step(.looked([]), at: .distantFuture, into: &effects)
        #expect(effects == [.keep])
        #expect(play.core.raised.isEmpty)
    }
}
