import CaptureProtocol
import Foundation
import Primitives
import StreamProtocol

/// The lag under load, and what many streams cost the node that takes them.
enum StreamBench {
    static func run(in folder: String, length: Span) throws -> [Goal] {
        try [lag(in: folder, length)] + [1, 10, 100].flatMap { try memory(in: folder, streams: $0, length) }
    }

    // MARK: Lag

    private static func lag(in folder: String, _ length: Span) throws -> Goal {
        let machine = MachineID(high: 4, low: 1)
        let size: UInt64 = 1 << 30
        let rig = try ReplicationRig(folder: folder, nodes: 2)
        defer { rig.end() }
        let source = try started(machine, rig, size)
        defer { source.stop() }
        // What can be kept: what was written until all of it was safe on both nodes.
        let start = LabClock.now()
        let before = try source.status().sequence
        _ = try FioRun(
            FioRun.Pattern(kind: "randwrite", blockSize: 65_536, depth: 8), engine: source.engine, size: size,
            for: length)
        try source.untilLevel(nodes: 2, within: .seconds(300))
        let kept = Double(try source.status().sequence - before) * 65_536 / (LabClock.now() - start).seconds
        let load = try ChildProcess.start(
            [
                "fio", "--name=half", "--rw=randwrite", "--bs=64k", "--iodepth=8", "--size=\(size)", "--time_based",
                "--runtime=\(length.milliseconds * 2)ms", "--rate=\(Int(kept / 2))",
            ] + source.engine, output: .discard)
        // Once collected, the number may be another process's.
        var status: Int32?
        defer { if status == nil { load.killAndCollect() } }
        var lags: [Span] = []
        while status == nil {
            lags.append(try age(of: source))
            LabClock.pass(.milliseconds(10))
            status = load.endedStatus()
        }
        guard status == 0 else { throw LabError("fio failed with wait status \(status ?? -1).") }
        let spans = Distribution(lags)
        let worst = spans.p99?.seconds ?? .infinity
        Terminal.say(
            "lag at half of \(Int(kept / 1_048_576)) MiB/s: median \(spans.median?.seconds ?? 0) s, "
                + "99 % \(worst) s, worst \(spans.worst?.seconds ?? 0) s, \(spans.count) samples")
        return Goal(
            what: "age of the oldest write that is not on both nodes, at half the rate that they keep, s, 99 %",
            ours: worst, goal: "at most 0.5", met: worst <= 0.5)
    }

    /// Of the oldest write that is not safe on both nodes.
    private static func age(of source: SourceProcess) throws -> Span {
        let oldest = try source.status().oldestUnsafe
        let now = UInt64(Date().timeIntervalSince1970 * 1e9)
        return Span(nanoseconds: oldest == 0 ? 0 : Int64(clamping: now) - Int64(clamping: oldest))
    }

    private static func started(
        _ machine: MachineID, _ rig: ReplicationRig, _ size: UInt64
    ) throws -> SourceProcess {
        let image = "\(rig.folder)/disk-\(machine).img"
        try Command.run(["truncate", "--size", "\(size)", image])
        try rig.assign([machine], size: size)
        let source = try rig.source(machine, image: image, size: size)
        try source.start()
        try source.untilLevel(nodes: 2, within: .seconds(120))
        return source
    }

    // MARK: Memory

    /// Up to ten of the streams are busy.
    private static func memory(in folder: String, streams: Int, _ length: Span) throws -> [Goal] {
        let size: UInt64 = 64 << 20
        let rig = try ReplicationRig(folder: folder, nodes: 1)
        defer { rig.end() }
        let machines = (0..<streams).map { MachineID(high: 5, low: UInt64($0)) }
        try rig.assign(machines, size: size)
        var sources: [SourceProcess] = []
        defer { for source in sources { source.stop() } }
        for machine in machines {
            let image = "\(folder)/disk-\(machine).img"
            try Command.run(["truncate", "--size", "\(size)", image])
            let source = try rig.source(machine, image: image, size: size, ring: 32, spool: 0)
            try source.start()
            sources.append(source)
        }
        for source in sources { try source.untilLevel(nodes: 1, within: .seconds(120)) }
        return try busy(Array(sources.prefix(10)), rig.nodes[0], streams, length)
    }

    private static func busy(
        _ sources: [SourceProcess], _ node: CaptureProcess, _ streams: Int, _ length: Span
    ) throws -> [Goal] {
        var loads = try sources.map { source in
            try ChildProcess.start(
                [
                    "fio", "--name=busy", "--rw=randwrite", "--bs=4k", "--iodepth=8", "--size=64m", "--time_based",
                    "--runtime=\(length.milliseconds)ms",
                ] + source.engine, output: .discard)
        }
        defer { for load in loads { load.killAndCollect() } }
        let start = ProcessFacts(pid: node.pid)?.cpuSeconds ?? 0
        var most = 0
        while !loads.isEmpty {
            guard let facts = ProcessFacts(pid: node.pid) else { throw LabError("keelson-captured has ended.") }
            most = max(most, facts.residentKiB)
            LabClock.pass(.milliseconds(100))
            var left: [ChildProcess] = []
            for load in loads {
                let status = load.endedStatus()
                if status == nil { left.append(load) } else if status != 0 { throw LabError("fio failed.") }
            }
            loads = left
        }
        let cpu = (ProcessFacts(pid: node.pid)?.cpuSeconds ?? 0) - start
        let what = "captured with \(streams) streams, \(sources.count) of them busy"
        let isGoal = streams == 100
        return [
            Goal(
                what: "\(what): memory, MiB", ours: Double(most) / 1024, goal: isGoal ? "at most 1024" : "measured",
                met: !isGoal || most <= 1 << 20),
            Goal(what: "\(what): CPU seconds a second", ours: cpu / length.seconds, goal: "measured", met: true),
        ]
    }
}
