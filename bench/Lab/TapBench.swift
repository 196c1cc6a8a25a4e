import Foundation
import Primitives
import StreamProtocol

/// A machine's disk through the tap, replicated to two nodes, beside the same file served by qemu-nbd without any
/// replication: the same fio, in turn.
enum TapBench {
    private static let machine = MachineID(high: 2, low: 1)

    /// - Parameters:
    ///   - folder: on the disk that is measured, with room for the file, its two copies and their journals.
    ///   - size: bytes of the disk.
    static func run(in folder: String, runs: Int, length: Span, size: UInt64 = 1 << 30) throws -> [Goal] {
        let rig = try ReplicationRig(folder: folder, nodes: 2)
        defer { rig.end() }
        let image = "\(folder)/disk.img"
        try Command.run(
            ["dd", "if=/dev/urandom", "of=\(image)", "bs=1M", "count=\(size >> 20)", "conv=fdatasync"],
            within: .seconds(300))
        try rig.assign([machine], size: size)
        let source = try rig.source(machine, image: image, size: size)
        try source.start()
        defer { source.stop() }
        try source.untilLevel(nodes: 2, within: .seconds(300))
        // The other server works on a file of its own: nobody may write past the tap.
        let other = "\(folder)/other.img"
        try Command.run(["dd", "if=\(image)", "of=\(other)", "bs=1M", "conv=fdatasync"], within: .seconds(300))
        return try FioRun.Pattern.all.map { try measure($0, source, beside: other, folder, runs, length, size) }
    }

    private static func measure(
        _ pattern: FioRun.Pattern, _ source: SourceProcess, beside other: String, _ folder: String, _ runs: Int,
        _ length: Span, _ size: UInt64
    ) throws -> Goal {
        var ours = Samples()
        var theirs = Samples()
        for run in 0..<runs {
            let server = try NBDServerProcess(.qemu, file: other, folder: folder)
            defer { server.stop() }
            // Each goes first in turn: what one leaves behind must not always meet the other.
            for isOurs in run % 2 == 0 ? [false, true] : [true, false] {
                let engine = isOurs ? source.engine : server.engine
                let rate = try FioRun(pattern, engine: engine, size: size, for: length).rate
                if isOurs { ours.add(rate) } else { theirs.add(rate) }
                try source.untilLevel(nodes: 2, within: .seconds(300))
            }
        }
        let ratio = ours.median / theirs.median
        let what = "tap with replication, \(pattern.name), \(pattern.isBig ? "MiB/s" : "IOPS")"
        Terminal.say("\(what): \(ours.text); qemu-nbd without \(theirs.text)")
        return Goal(
            what: what, ours: ours.median, against: "qemu-nbd without", theirs: theirs.median,
            goal: "at least 1.0 ×", met: ratio >= 1)
    }
}
