import CaptureProtocol
import Primitives
import StreamProtocol
import Testing

@testable import Lab

/// Daemons of the data path are killed under load, at moments by chance. `KEELSON_KILLS` says how often, `KEELSON_SEED`
/// with which chance. Part of `make soak`.
@Suite(.serialized, .enabled(if: Kills.count > 0 && MountedExportTests.hasPrograms, "KEELSON_KILLS is not set"))
struct KillTests {
    enum Victim: CaseIterable { case receiver, second, both, source, all }

    /// What was acknowledged as replicated is on both nodes after any of it; afterwards all three are equal.
    @Test func nothingAcknowledgedIsMissing() throws {
        var random = SeededRandom(seed: UInt64(ReplicatedDisk.setting("KEELSON_SEED", 1)))
        // What is older is folded away: the disk does not fill, and foldings are killed as well.
        try ReplicatedDisk.with(.init(window: 5)) { rig, source in
            for round in 0..<Kills.count {
                let victim = Victim.allCases[round % Victim.allCases.count]
                try Self.play(victim, UInt64.random(in: 50...1000, using: &random), round, rig, source)
            }
        }
    }

    /// - Parameter records: how many come before the kill.
    private static func play(
        _ victim: Victim, _ records: UInt64, _ round: Int, _ rig: ReplicationRig, _ source: SourceProcess
    ) throws {
        let load = try ChildProcess.start(
            [
                "fio", "--name=load", "--rw=randwrite", "--bsrange=4k-64k", "--iodepth=8", "--size=64m",
                "--time_based", "--runtime=2", "--fsync=32", "--randseed=\(round + 1)",
                "--refill_buffers",
            ] + source.engine, output: .discard)
        var ended: Int32?
        defer { if ended == nil { load.collect() } }
        let start = try source.status().sequence
        try Condition.hold("\(records) records", within: .seconds(30)) { () throws(LabError) in
            // A slow disk may not come to so many.
            ended = load.endedStatus()
            if ended != nil { return true }
            return try source.status().sequence >= start + records
        }
        let acknowledged = try source.status()
        let nodes = victim == .receiver ? [0] : victim == .second ? [1] : victim == .source ? [] : [0, 1]
        for node in nodes { rig.nodes[node].kill() }
        if victim == .source || victim == .all { source.kill() }
        for node in nodes {
            try rig.nodes[node].restart()
            try Condition.hold("the journal", within: .seconds(30)) { () throws(LabError) in
                let status = try rig.nodes[node].status(ReplicatedDisk.machine)
                // A later generation holds all of the earlier one.
                return status.generation.number > acknowledged.generation
                    || status.sequence >= acknowledged.replicated
            }
        }
        let losesDisk = victim == .source || victim == .all
        if losesDisk { try source.start() }
        let status = ended ?? load.collect()
        ended = status
        #expect(losesDisk || status == 0, "round \(round), \(victim) was killed: production saw an error")
        try ReplicatedDisk.expectEqual(rig, source, "round \(round), \(victim) was killed")
    }
}

private enum Kills {
    static let count = ReplicatedDisk.setting("KEELSON_KILLS", 0)
}
