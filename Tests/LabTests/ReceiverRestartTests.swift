import Primitives
import Testing

@testable import Lab

/// Nodes are killed and started again in each state of the source. `KEELSON_FAULTS` says how often; in every other
/// round both are.
@Suite(.serialized, .enabled(if: MountedExportTests.hasPrograms, "needs nbdcopy (packages.replication)"))
struct ReceiverRestartTests {
    @Test func inEachStateOfTheSource() throws {
        let wires = try [WireProxy(node: 0), WireProxy(node: 1)]
        defer { for wire in wires { wire.end() } }
        let shape = ReplicatedDisk.Shape(size: 160 << 20, ring: 32, spool: 40, wires: wires)
        try ReplicatedDisk.with(shape) { rig, source in
            var production = try Production(source)
            let before = try source.status()
            for round in 0..<LinkFaultTests.rounds {
                for state in ["stream", "spool", "bitmap", "resync"] {
                    try Self.bring(source, to: state, wires, &production)
                    let nodes = round % 2 == 0 ? [rig.nodes[0]] : rig.nodes
                    for node in nodes { node.kill() }
                    let atKill = try source.status().state
                    #expect(atKill == state, "round \(round): the state changed before its receiver was killed")
                    try production.write(mebibytes: 2)
                    for node in nodes { try node.restart() }
                    for wire in wires { wire.heal() }
                    try ReplicatedDisk.expectEqual(rig, source, "round \(round), killed in \(state)")
                    // What frames the nodes lost they get again: nothing begins anew.
                    #expect(try source.status().generation == before.generation, "round \(round), \(state)")
                }
            }
            #expect(production.slowest < Production.patience)
        }
    }

    /// Ring and spool hold 72 MiB.
    private static func bring(
        _ source: SourceProcess, to state: String, _ wires: [WireProxy], _ production: inout Production
    ) throws {
        guard state != "stream" else { return try production.write(mebibytes: 4) }
        for wire in wires { wire.limit(256 << 10) }
        guard state != "spool" else {
            try production.write(mebibytes: 36)
            return try source.until(state: state)
        }
        try production.write(mebibytes: 120)
        try source.until(state: "bitmap")
        guard state == "resync" else { return }
        for wire in wires { wire.limit(32 << 20) }
        try source.until(state: state)
    }
}
