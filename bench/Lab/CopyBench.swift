import Foundation
import Glibc
import Primitives
import StreamProtocol

/// The initial copy of a disk, and what a resume brings after a cut.
enum CopyBench {
    /// - Parameters:
    ///   - folder: on the disk that is measured; needs three times `size`.
    ///   - size: bytes of the disk; half of it is zeros, in stretches of 4 MiB.
    static func run(in folder: String, runs: Int, size: UInt64) throws -> [Goal] {
        try Command.run(["rm", "-rf", folder])
        try Command.run(["mkdir", "-p", folder])
        defer { do { try Command.run(["rm", "-rf", folder]) } catch { Terminal.say("\(error)") } }
        let image = "\(folder)/source.img"
        try halfZeros(image, size)
        return try copies(image, folder, runs, size) + resumes(image, folder, runs, size)
    }

    private static func halfZeros(_ path: String, _ size: UInt64) throws {
        try Command.run(["truncate", "--size", "\(size)", path])
        let random = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        for offset in stride(from: UInt64(0), to: size, by: 8 << 20) {
            guard let bytes = try random.read(upToCount: 4 << 20) else { throw LabError("/dev/urandom is empty.") }
            try file.seek(toOffset: offset)
            try file.write(contentsOf: bytes)
            // Zeros that were written, not a hole.
            if offset / (8 << 20) % 2 == 0 { try file.write(contentsOf: Data(count: 4 << 20)) }
        }
        try file.synchronize()
        try file.close()
        try random.close()
    }

    // MARK: The initial copy

    private static func copies(_ image: String, _ folder: String, _ runs: Int, _ size: UInt64) throws -> [Goal] {
        var ours = Samples()
        var wire = Samples()
        var nbdcopy = Samples()
        var convert = Samples()
        for run in 0..<runs {
            try forgetCaches()
            nbdcopy.add(try throughNBD(image, folder, size))
            try forgetCaches()
            convert.add(
                try timed {
                    try Command.run(
                        [
                            "qemu-img", "convert", "-f", "raw", "-O", "raw", "-T", "none", "-t", "none", image,
                            "\(folder)/converted.img",
                        ], within: .seconds(600))
                })
            unlink("\(folder)/converted.img")
            try forgetCaches()
            let before = try loopbackBytes()
            ours.add(try replicate(image, "\(folder)/rig", MachineID(high: 3, low: UInt64(run)), size))
            wire.add(Double(try loopbackBytes() - before))
        }
        Terminal.say(
            "initial copy: \(ours.text); nbdcopy \(nbdcopy.text); qemu-img convert \(convert.text) (seconds)")
        return [
            speed(ours, "nbdcopy", nbdcopy, size, least: 0.95),
            speed(ours, "qemu-img convert", convert, size, least: nil),
            Goal(
                what: "initial copy, bytes on the wire beside those that are not zeros", ours: wire.median,
                against: "the data", theirs: Double(size / 2), goal: "no zeros: at most 1.05 ×",
                met: wire.median <= 1.05 * Double(size / 2)),
        ]
    }

    private static func speed(
        _ ours: Samples, _ against: String, _ theirs: Samples, _ size: UInt64, least: Double?
    ) -> Goal {
        let (mine, other) = (Double(size >> 20) / ours.median, Double(size >> 20) / theirs.median)
        return Goal(
            what: "initial copy of \(size >> 30) GiB, half zeros, MiB/s", ours: mine, against: against,
            theirs: other, goal: least.map { "at least \($0) ×" } ?? "measured",
            met: mine >= (least ?? 0) * other)
    }

    /// nbdcopy to a server that writes as durably as a journal does.
    ///
    /// - Returns: seconds.
    private static func throughNBD(_ image: String, _ folder: String, _ size: UInt64) throws -> Double {
        let target = "\(folder)/target.img"
        try Command.run(["truncate", "--size", "\(size)", target])
        defer { unlink(target) }
        let server = try NBDServerProcess(.qemu, file: target, folder: folder)
        defer { server.stop() }
        return try timed {
            try Command.run(
                ["nbdcopy", "--flush", image, "nbd+unix:///disk?socket=\(folder)/qemu-nbd.sock"],
                within: .seconds(600))
        }
    }

    /// - Returns: seconds from the start of the source until a node has flushed everything.
    private static func replicate(
        _ image: String, _ folder: String, _ machine: MachineID, _ size: UInt64
    ) throws -> Double {
        let rig = try ReplicationRig(folder: folder, nodes: 1)
        defer { rig.end() }
        try rig.assign([machine], size: size)
        let source = try rig.source(machine, image: image, size: size)
        defer { source.stop() }
        return try timed {
            try source.start()
            try source.untilLevel(nodes: 1, within: .seconds(600))
        }
    }

    // MARK: The resume

    private static func resumes(_ image: String, _ folder: String, _ runs: Int, _ size: UInt64) throws -> [Goal] {
        let machine = MachineID(high: 3, low: 1 << 32)
        let rig = try ReplicationRig(folder: "\(folder)/rig", nodes: 1)
        defer { rig.end() }
        try rig.assign([machine], size: size)
        // Neither ring nor spool hold the changes: they are noted as ranges.
        let source = try rig.source(machine, image: image, size: size, ring: 32, spool: 0)
        defer { source.stop() }
        try source.start()
        try source.untilLevel(nodes: 1, within: .seconds(600))
        let copy = "\(folder)/rsynced.img"
        try Command.run(["cp", "--sparse=always", image, copy], within: .seconds(600))
        var figures = ResumeFigures(changed: Double(size / 100 / 4096 * 4096))
        for run in 0..<runs {
            rig.nodes[0].kill()
            try change(source, size, seed: run)
            try figures.addOurs(source, rig.nodes[0])
            try forgetCaches()
            try figures.addRsync(image, copy)
        }
        return figures.goals(size)
    }

    /// One block of 4 KiB in a hundred gets new content.
    private static func change(_ source: SourceProcess, _ size: UInt64, seed: Int) throws {
        try Command.run(
            [
                "fio", "--name=change", "--rw=randwrite", "--bs=4k", "--iodepth=16", "--randseed=\(seed + 1)",
                "--size=\(size)", "--number_ios=\(size / 4096 / 100)", "--refill_buffers", "--norandommap=0",
                "--end_fsync=1",
            ] + source.engine, within: .seconds(300))
    }

    static func timed(_ body: () throws -> Void) rethrows -> Double {
        let start = LabClock.now()
        try body()
        return (LabClock.now() - start).seconds
    }

    static func forgetCaches() throws {
        sync()
        try Data("3\n".utf8).write(to: URL(fileURLWithPath: "/proc/sys/vm/drop_caches"))
    }

    /// Bytes that went over loopback, headers included.
    static func loopbackBytes() throws -> UInt64 {
        let text = try String(contentsOfFile: "/proc/net/dev", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.contains("lo:") }
        let fields = line?.split(separator: ":")[1].split(separator: " ")
        guard let fields, let bytes = UInt64(fields[0]) else { throw LabError("/proc/net/dev has no loopback.") }
        return bytes
    }
}
