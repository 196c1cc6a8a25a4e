import Primitives
import StreamProtocol
import Testing

@testable import Lab

/// A bad wire between a real source and real nodes. Production goes on, and nothing is copied anew afterwards: what
/// was written meanwhile waits in ring and spool. `KEELSON_FAULTS` says how often each is played.
@Suite(.serialized, .enabled(if: MountedExportTests.hasPrograms, "needs nbdcopy (packages.replication)"))
struct LinkFaultTests {
    static let rounds = ReplicatedDisk.setting("KEELSON_FAULTS", 1)

    @Test func whatASlowLinkDoesNotTakeIsSpooled() throws {
        try Self.play(ring: 32) { wires, source, production in
            for wire in wires { wire.limit(256 << 10) }
            try production.write(mebibytes: 40)
            try source.until(state: "spool")
            #expect(try source.status().bytesBehind > 24 << 20)
            for wire in wires { wire.heal() }
        }
    }

    /// The source goes to the other node, which passes the stream on past the bad wire.
    @Test(arguments: WireProxy.Direction.allCases)
    func aLinkThatIsDeafInOneDirectionIsGivenUp(_ direction: WireProxy.Direction) throws {
        try Self.play { wires, source, production in
            wires[0].stop(direction)
            try production.write(mebibytes: 4)
            try source.untilLevel(nodes: 2, within: .seconds(40))
            #expect(wires[1].connections > 0)
            wires[0].heal()
            try production.write(mebibytes: 1)
        }
    }

    @Test func cutsAgainAndAgain() throws {
        try Self.play { wires, source, production in
            for _ in 0..<8 {
                let made = wires.map(\.connections).reduce(0, +)
                try production.write(mebibytes: 1)
                for wire in wires { wire.cut() }
                try Condition.hold("another connection", within: .seconds(20)) {
                    wires.map(\.connections).reduce(0, +) > made
                }
            }
        }
    }

    /// TLS finds it, whichever way it was.
    @Test(arguments: WireProxy.Direction.allCases)
    func aFlippedBitEndsTheConnection(_ direction: WireProxy.Direction) throws {
        try Self.play { wires, source, production in
            let made = wires.map(\.connections).reduce(0, +)
            wires[0].flip(direction)
            try production.write(mebibytes: 1)
            try Condition.hold("another connection", within: .seconds(20)) {
                wires[0].flipsLeft == 0 && wires.map(\.connections).reduce(0, +) > made
            }
        }
    }

    /// Plays a fault on a fresh disk: production is not held up, the stream goes on without a copy, all three are equal.
    private static func play(
        ring: Int = 256, _ fault: ([WireProxy], SourceProcess, inout Production) throws -> Void
    ) throws {
        let wires = try [WireProxy(node: 0), WireProxy(node: 1)]
        defer { for wire in wires { wire.end() } }
        let shape = ReplicatedDisk.Shape(size: 64 << 20, ring: ring, spool: 128, wires: wires)
        try ReplicatedDisk.with(shape) { rig, source in
            let before = try source.status()
            var production = try Production(source)
            for round in 0..<rounds {
                try fault(wires, source, &production)
                try ReplicatedDisk.expectEqual(rig, source, "round \(round)")
            }
            #expect(production.slowest < Production.patience)
            let after = try source.status()
            #expect(after.generation == before.generation)
            #expect(after.readBytes == before.readBytes, "something was copied anew")
        }
    }
}

extension SourceProcess {
    func until(state: String, within limit: Span = .seconds(60)) throws {
        try Condition.hold("the state \(state)", within: limit) { () throws(LabError) in try status().state == state }
    }
}
