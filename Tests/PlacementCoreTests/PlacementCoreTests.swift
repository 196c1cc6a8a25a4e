import CaptureProtocol
import Primitives
import StreamProtocol
import Testing

@testable import PlacementCore

/// Nodes and machines that decisions change, with a clock that the test moves.
private struct Play {
    static let a = NodeID("aaaaaaaaaaaaaaaa")!
    static let b = NodeID("bbbbbbbbbbbbbbbb")!
    static let c = NodeID("cccccccccccccccc")!

    var core = PlacementCore()
    var now = Instant(nanoseconds: 0)
    var nodes = [a, b, c].map { PlacementCore.Node(id: $0) }
    var machines: [PlacementCore.Machine] = []

    static func machine(
        _ number: UInt64, _ receiver: NodeID, _ second: NodeID?, isLevel: Bool = true,
        wish: AcknowledgementLevel = .replicated
    ) -> PlacementCore.Machine {
        .init(
            id: MachineID(high: 0, low: number), receiver: receiver, second: second,
            level: PlacementCore.level(wish, second: second, isLevel: isLevel), wish: wish, isLevel: isLevel)
    }

    mutating func lose(_ id: NodeID, _ isLost: Bool = true) { change(id) { $0.isLost = isLost } }

    mutating func change(_ id: NodeID, _ edit: (inout PlacementCore.Node) -> Void) {
        for index in nodes.indices where nodes[index].id == id { edit(&nodes[index]) }
    }

    /// Looks once a second, and does what was decided.
    @discardableResult
    mutating func run(seconds: Int64) -> [PlacementCore.Decision] {
        var all: [PlacementCore.Decision] = []
        for _ in 0..<seconds {
            var decisions: [PlacementCore.Decision] = []
            core.step(.looked(nodes: nodes, machines: machines), at: now, into: &decisions)
            for decision in decisions { apply(decision) }
            all += decisions
            now = now + .seconds(1)
        }
        return all
    }

    private mutating func apply(_ decision: PlacementCore.Decision) {
        for index in machines.indices where machines[index].id == decision.machine {
            machines[index].receiver = decision.receiver
            machines[index].second = decision.second
            machines[index].isLevel = decision.isLevel
            machines[index].level = decision.level(wished: machines[index].wish)
        }
    }
}

@Suite("Which nodes keep a stream")
struct PlacementCoreTests {
    @Test func newMachinesAreSpread() throws {
        var play = Play()
        for number in 0..<6 {
            let pair = try #require(PlacementCore.place(nodes: play.nodes, machines: play.machines))
            play.machines.append(Play.machine(UInt64(number), pair.receiver, pair.second))
        }
        for node in [Play.a, Play.b, Play.c] {
            #expect(play.machines.count { $0.receiver == node } == 2)
            #expect(play.machines.count { $0.receiver == node || $0.second == node } == 4)
        }
        #expect(play.run(seconds: 120).isEmpty)
    }

    @Test func aFullDiskAWitnessAndASharedRackAreAvoided() throws {
        var play = Play()
        play.change(Play.a) { $0.free = 0.01 }
        play.change(Play.b) { $0.keepsData = false }
        let pair = try #require(PlacementCore.place(nodes: play.nodes, machines: []))
        #expect(pair.receiver == Play.c && pair.second == Play.a)
        play.change(Play.b) { $0.keepsData = true }
        play.change(Play.a) { $0 = .init(id: Play.a, domain: "rack1") }
        play.change(Play.b) { $0.domain = "rack1" }
        play.change(Play.c) { $0 = .init(id: Play.c, free: 0.5, domain: "rack2") }
        let apart = try #require(PlacementCore.place(nodes: play.nodes, machines: []))
        #expect(apart.receiver == Play.a && apart.second == Play.c)
        for node in [Play.a, Play.b, Play.c] { play.change(node) { $0.isLost = true } }
        #expect(PlacementCore.place(nodes: play.nodes, machines: []) == nil)
    }

    @Test func theSurvivorReceivesAndANewSecondIsBuilt() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        #expect(play.run(seconds: 5).isEmpty)
        play.lose(Play.a)
        let decisions = play.run(seconds: 60)
        #expect(decisions.map(\.reason) == [.receiverLost(Play.a)])
        #expect(play.machines[0].receiver == Play.b && play.machines[0].second == Play.c)
        #expect(play.machines[0].level == .durable)
        play.machines[0].isReplicated = true
        #expect(play.run(seconds: 5).map(\.reason) == [.caughtUp])
        #expect(play.machines[0].level == .replicated)
    }

    @Test func aLostSecondIsReplacedAndAComebackChangesNothing() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.run(seconds: 5)
        play.lose(Play.b)
        #expect(play.run(seconds: 1).map(\.reason) == [.secondLost(Play.b)])
        play.lose(Play.b, false)
        #expect(play.run(seconds: 300).isEmpty)
        #expect(play.machines[0].second == Play.c)
    }

    @Test func theLastNodeGoesOnAloneAndTakesTheFirstThatComesBack() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.run(seconds: 5)
        play.lose(Play.c)
        play.lose(Play.b)
        #expect(play.run(seconds: 10).map(\.reason) == [.secondLost(Play.b)])
        #expect(play.machines[0].second == nil && play.machines[0].level == .durable)
        play.lose(Play.c, false)
        #expect(play.run(seconds: 14).isEmpty, "it has not been back for long enough")
        #expect(play.run(seconds: 3).map(\.reason) == [.secondFound])
        #expect(play.machines[0].second == Play.c)
    }

    @Test func whoHoldsAnOldCopyIsTakenFirst() {
        var play = Play()
        play.machines = [
            Play.machine(1, Play.a, nil, isLevel: false), Play.machine(2, Play.b, Play.c),
            Play.machine(3, Play.c, Play.b),
        ]
        play.machines[0].copies = [Play.c]
        let decisions = play.run(seconds: 1)
        #expect(decisions.map(\.reason) == [.secondFound] && decisions[0].second == Play.c)
    }

    @Test func aNodeThatComesAndGoesIsDecidedAboutOnceAPeriod() {
        var play = Play()
        play.nodes.removeLast()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.run(seconds: 5)
        var losses = 0
        for _ in 0..<20 {
            play.lose(Play.b)
            losses += play.run(seconds: 3).count { $0.reason == .secondLost(Play.b) }
            play.lose(Play.b, false)
            play.run(seconds: 17)
        }
        // 400 seconds.
        #expect(losses >= 2 && losses <= 7)
    }

    @Test func aReceiverThatAloneHoldsEverythingIsWaitedFor() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b, isLevel: false)]
        play.run(seconds: 5)
        play.lose(Play.a)
        #expect(play.run(seconds: 110).isEmpty)
        #expect(play.run(seconds: 20).map(\.reason) == [.receiverLost(Play.a)])
        #expect(play.machines[0].receiver == Play.b)
    }

    /// The source streams to the survivor and has nothing else to bring it: it gets its new second node at once.
    @Test func aSurvivorToWhichTheSourceStreamsIsNotWaitedFor() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b, isLevel: false)]
        play.run(seconds: 5)
        play.lose(Play.a)
        #expect(play.run(seconds: 10).isEmpty)
        play.machines[0].current = Play.b
        #expect(play.run(seconds: 1).map(\.reason) == [.receiverLost(Play.a)])
        #expect(play.machines[0].receiver == Play.b && play.machines[0].second == Play.c)
        #expect(!play.machines[0].isLevel && play.machines[0].level == .durable)
        #expect(play.run(seconds: 60).isEmpty)
    }

    /// What the source streams to a node that is lost as well, or to the lost receiver, says nothing.
    @Test func aStreamToAnotherNodeDoesNotCount() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b, isLevel: false)]
        play.machines[0].current = Play.a
        play.run(seconds: 5)
        play.lose(Play.a)
        #expect(play.run(seconds: 110).isEmpty)
        play.machines[0].current = Play.b
        play.lose(Play.b)
        #expect(play.run(seconds: 60).isEmpty)
    }

    @Test func whenBothAreAwayNothingIsDecidedUnlessTheyWillNotComeBack() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.run(seconds: 5)
        play.lose(Play.a)
        play.lose(Play.b)
        #expect(play.run(seconds: 600).isEmpty)
        play.nodes.removeAll { $0.id != Play.c }
        #expect(play.run(seconds: 1).map(\.reason) == [.receiverLost(Play.a)])
        #expect(play.machines[0].receiver == Play.c && play.machines[0].second == nil)
        #expect(play.machines[0].level == .durable)
    }

    @Test func drainedNodesAreLeftWhenThatCostsNoCopy() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.run(seconds: 5)
        play.change(Play.a) { $0.isDrained = true }
        #expect(play.run(seconds: 60).map(\.reason) == [.drained(Play.a)])
        #expect(play.machines[0].receiver == Play.b && play.machines[0].second == Play.c)
        // Only a receiver that is level may be left.
        play.change(Play.a) { $0.isDrained = false }
        play.change(Play.b) { $0.isDrained = true }
        #expect(play.run(seconds: 60).isEmpty)
        play.machines[0].isReplicated = true
        let reasons = play.run(seconds: 60).map(\.reason)
        #expect(Array(reasons.prefix(2)) == [.caughtUp, .drained(Play.b)])
        #expect(play.machines[0].receiver == Play.c && play.machines[0].second == Play.a)
    }

    @Test func withTwoNodesADrainedOneStaysSecond() {
        var play = Play()
        play.nodes.removeLast()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.run(seconds: 5)
        play.change(Play.a) { $0.isDrained = true }
        #expect(play.run(seconds: 60).map(\.reason) == [.drained(Play.a)])
        #expect(play.machines[0].receiver == Play.b && play.machines[0].second == Play.a)
        #expect(play.machines[0].level == .replicated)
    }

    @Test func anotherWishIsFollowed() {
        var play = Play()
        play.machines = [Play.machine(1, Play.a, Play.b)]
        play.machines[0].wish = .durable
        #expect(play.run(seconds: 5).map(\.reason) == [.wished])
        #expect(play.machines[0].level == .durable)
    }

    @Test func theStreamsOfOneNodeGoToAllOthers() {
        var play = Play()
        play.nodes.append(.init(id: NodeID("dddddddddddddddd")!))
        play.machines = (0..<20).map { Play.machine($0, Play.a, Play.b) }
        play.run(seconds: 5)
        play.lose(Play.b)
        play.run(seconds: 1)
        let seconds = play.machines.map(\.second)
        #expect(seconds.count { $0 == Play.c } == 10)
        #expect(!seconds.contains(Play.b) && !seconds.contains(nil))
    }

    /// Whatever happens: two different nodes, no decision over and over, two copies again once all is well.
    @Test(arguments: 0..<40)
    func chance(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var play = Play()
        for number in 0..<4 {
            let pair = PlacementCore.place(nodes: play.nodes, machines: play.machines)!
            play.machines.append(Play.machine(UInt64(number), pair.receiver, pair.second))
        }
        for _ in 0..<30 {
            let node = [Play.a, Play.b, Play.c].randomElement(using: &random)!
            play.change(node) { node in
                if Bool.random(using: &random) { node.isLost.toggle() } else { node.isDrained.toggle() }
            }
            let span = Int64.random(in: 1...90, using: &random)
            #expect(play.run(seconds: span).count <= 4 * Int(4 + span / 10), "seed \(seed)")
            #expect(play.machines.allSatisfy { $0.receiver != $0.second }, "seed \(seed)")
            for index in play.machines.indices {
                let machine = play.machines[index]
                play.machines[index].isReplicated = Bool.random(using: &random)
                play.machines[index].current = [machine.receiver, machine.second, nil].randomElement(using: &random)!
            }
        }
        for node in [Play.a, Play.b, Play.c] {
            play.lose(node, false)
            play.change(node) { $0.isDrained = false }
        }
        for index in play.machines.indices { play.machines[index].isReplicated = true }
        play.run(seconds: 200)
        #expect(play.machines.allSatisfy { $0.second != nil && $0.isLevel && $0.level == .replicated }, "seed \(seed)")
        #expect(play.run(seconds: 200).isEmpty, "seed \(seed)")
    }
}
