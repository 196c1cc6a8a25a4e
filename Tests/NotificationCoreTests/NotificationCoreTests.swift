import APIProtocol
import NotificationCore
import Primitives
import Testing

@Suite("Queue of notifications")
struct NotificationCoreTests {
    /// Drives a core by hand.
    struct Rig {
        var core = NotificationCore()
        var now = Instant(nanoseconds: 0)
        var effects: [NotificationCore.Effect] = []

        init(_ targets: NotificationCore.Target..., limits: NotificationCore.Limits = .init()) {
            core = NotificationCore(limits: limits)
            step(.configured(targets, kept: [:]))
        }

        mutating func step(_ event: NotificationCore.Event, after span: Span = .zero) {
            now = now + span
            effects = []
            core.step(event, at: now, into: &effects)
        }

        mutating func happen(_ sequences: ClosedRange<Int64>, kind: String = "linkDown", _ level: EventLevel = .error) {
            for sequence in sequences { step(.happened(Self.event(sequence, kind: kind, level))) }
        }

        /// The sequences of the messages that were sent in the last step.
        var sent: [[Int64]] {
            effects.compactMap { effect in
                guard case .deliver(_, let items) = effect else { return nil }
                return items.map(\.event.sequence)
            }
        }

        var wake: Instant? {
            effects.lazy.compactMap { if case .wake(let at) = $0 { at } else { nil } }.first
        }

        static func event(_ sequence: Int64, kind: String = "linkDown", _ level: EventLevel = .error) -> ClusterEvent {
            ClusterEvent(
                sequence: sequence, at: Timestamp(milliseconds: sequence), level: level, kind: kind, message: "m",
                parameters: ["n": "\(sequence)"])
        }
    }

    static func target(
        _ id: String = "a", level: EventLevel = .warning, kinds: [String] = [], since: Int64 = 0, revision: Int = 1,
        enabled: Bool = true
    ) -> NotificationCore.Target {
        .init(id: id, isEnabled: enabled, minimumLevel: level, kinds: kinds, since: since, revision: revision)
    }

    static let stamp = Timestamp(milliseconds: 7)

    @Test("Level, kind and the target's beginning decide what goes to it")
    func routing() {
        var rig = Rig(
            Self.target("a"), Self.target("b", level: .info, kinds: ["nodeBack"]), Self.target("c", since: 5),
            Self.target("d", enabled: false))
        func receivers(_ event: ClusterEvent) -> [String] {
            rig.step(.happened(event))
            let ids = rig.effects.compactMap { if case .deliver(let id, _) = $0 { id } else { nil } }
            for id in ids { rig.step(.delivered(target: id, at: Self.stamp)) }
            return ids
        }
        #expect(receivers(Rig.event(4, .warning)) == ["a"])
        #expect(receivers(Rig.event(5, kind: "nodeBack", .info)) == ["b"])
        #expect(receivers(Rig.event(6, .error)) == ["a", "c"])
        #expect(receivers(Rig.event(6, .error)) == [])
    }

    @Test("One message at a time, in order; what is delivered is counted and kept")
    func order() {
        var rig = Rig(Self.target())
        rig.happen(1...1)
        #expect(rig.sent == [[1]])
        rig.happen(2...2)
        #expect(rig.sent == [])
        #expect(rig.core.kept(of: "a")?.position == 0)
        rig.step(.delivered(target: "a", at: Self.stamp))
        #expect(rig.sent == [[2]])
        #expect(rig.effects.contains(.keep(target: "a")))
        #expect(rig.core.kept(of: "a")?.position == 1)
        rig.step(.delivered(target: "a", at: Self.stamp))
        #expect(rig.core.kept(of: "a")?.position == 2)
        #expect(
            rig.core.state(of: "a") == NotificationState(pending: 0, delivered: 2, failed: 0, lastDelivered: Self.stamp)
        )
    }

    @Test("Failures are tried again after 5, 10, 20 s and so on up to ten minutes, ten times; then given up and shown")
    func backOff() {
        var rig = Rig(Self.target())
        rig.happen(1...2)
        var pauses: [Int64] = []
        for attempt in 1...10 {
            rig.step(.failed(target: "a", reason: "refused"))
            #expect(rig.core.state(of: "a")?.lastError == "refused")
            guard attempt < 10 else { break }
            #expect(rig.core.undelivered.map(\.attempts) == [attempt, 0])
            let wake = rig.wake ?? rig.now
            pauses.append((wake - rig.now).milliseconds / 1_000)
            rig.step(.wake, after: (wake - rig.now) - .milliseconds(1))
            #expect(rig.sent == [])
            rig.step(.wake, after: .milliseconds(1))
            #expect(rig.sent == [[1]])
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600])
        #expect(rig.effects.contains(.gaveUp(target: "a", reason: "refused")))
        #expect(rig.sent == [[2]])
        let lost = rig.core.undelivered
        #expect(lost.map(\.event.sequence) == [1])
        #expect(lost.first?.attempts == 10 && lost.first?.next == nil && lost.first?.reason == "refused")
        #expect(rig.core.state(of: "a")?.failed == 1)
    }

    @Test("The loss is told once until something is delivered again")
    func lossIsToldOnce() {
        var limits = NotificationCore.Limits()
        limits.attempts = 1
        var rig = Rig(Self.target(), limits: limits)
        var told = 0
        func fail() {
            rig.step(.failed(target: "a", reason: "r"))
            told += rig.effects.count { if case .gaveUp = $0 { true } else { false } }
        }
        rig.happen(1...4)
        fail()
        fail()
        #expect(told == 1)
        rig.step(.delivered(target: "a", at: Self.stamp))
        fail()
        #expect(told == 2)
    }

    @Test("More than so many in a minute wait and come as one digest")
    func flood() {
        var rig = Rig(Self.target())
        rig.happen(1...1)
        var sent: [[Int64]] = []
        for sequence in Int64(2)...40 {
            rig.happen(sequence...sequence)
            rig.step(.delivered(target: "a", at: Self.stamp))
            sent += rig.sent
        }
        #expect(sent == (2...10).map { [Int64($0)] })
        #expect(rig.wake == Instant(nanoseconds: 0) + .seconds(60))
        rig.step(.wake, after: .seconds(60))
        #expect(rig.sent == [Array(11...40)])
        rig.step(.delivered(target: "a", at: Self.stamp))
        #expect(rig.core.state(of: "a")?.delivered == 40)
    }

    @Test("The same again while it waits is one entry with a count")
    func repeats() {
        var rig = Rig(Self.target())
        rig.happen(1...1)
        for sequence in Int64(2)...4 {
            var event = Rig.event(2)
            event.sequence = sequence
            rig.step(.happened(event))
        }
        rig.step(.delivered(target: "a", at: Self.stamp))
        guard case .deliver(_, let items)? = rig.effects.last else {
            Issue.record("nothing was sent")
            return
        }
        #expect(items.map(\.count) == [3])
        rig.step(.delivered(target: "a", at: Self.stamp))
        #expect(rig.core.kept(of: "a")?.position == 4)
        #expect(rig.core.state(of: "a")?.delivered == 4)
    }

    @Test("The queue is bounded: the oldest that is not on its way is given up")
    func bound() {
        var limits = NotificationCore.Limits()
        limits.pending = 3
        limits.givenUp = 2
        var rig = Rig(Self.target(), limits: limits)
        rig.happen(1...7)
        #expect(rig.core.pendingSequences == [1, 6, 7])
        #expect(rig.core.undelivered.map(\.event.sequence) == [4, 5])
        #expect(rig.core.state(of: "a")?.failed == 4)
    }

    @Test("A new master goes on where the old one stopped: nothing is lost")
    func takeover() throws {
        var old = Rig(Self.target())
        old.happen(1...5)
        old.step(.delivered(target: "a", at: Self.stamp))
        old.step(.delivered(target: "a", at: Self.stamp))
        let kept = try #require(old.core.kept(of: "a"))
        var new = Rig()
        new.step(.configured([Self.target()], kept: ["a": kept]))
        var sent: [Int64] = []
        new.happen(1...5)
        for _ in 3...5 {
            sent += [3, 4, 5].filter { new.core.pendingSequences.first == $0 }
            new.step(.delivered(target: "a", at: Self.stamp))
        }
        #expect(sent == [3, 4, 5])
        #expect(new.core.state(of: "a")?.delivered == 5)
    }

    @Test("A target that is made anew does not get what an earlier one of its name has missed")
    func remade() {
        var rig = Rig()
        rig.step(.configured([Self.target(since: 5)], kept: ["a": .init(position: 2)]))
        rig.happen(3...6)
        #expect(rig.core.pendingSequences == [6])
    }

    @Test("A changed target is tried at once; a removed one is forgotten, and late answers do nothing")
    func reconfiguration() {
        var rig = Rig(Self.target())
        rig.happen(1...1)
        rig.step(.failed(target: "a", reason: "r"))
        #expect(rig.sent == [])
        rig.step(.configured([Self.target(revision: 2)], kept: [:]))
        #expect(rig.sent == [[1]])
        rig.step(.configured([], kept: [:]))
        rig.step(.delivered(target: "a", at: Self.stamp))
        #expect(rig.core.state(of: "a") == nil)
    }
}
