import Foundation
import Primitives

/// The block engine beside fio's, and the NBD server beside qemu-nbd and nbdkit: the same file, the same fio, one after
/// the other and again, so that a change of the machine's load meets all of them.
public struct BlockBench {
    private let folder: String
    private let file: String
    private let runs: Int
    private let length: Span
    private let size: UInt64
    private var table = TextTable(["", "ours", "", "theirs", "", "ratio"])

    /// - Parameters:
    ///   - folder: on the disk that is measured; a file is made there and goes afterwards.
    ///   - length: of each run.
    ///   - size: bytes of the file, all of them written before.
    public init(folder: String, runs: Int, length: Span, size: UInt64 = 2 << 30) {
        self.folder = folder
        file = folder + "/block-bench.img"
        self.runs = runs
        self.length = length
        self.size = size
    }

    /// Measures everything.
    ///
    /// - Returns: the goals, and a table of medians with the spread of their runs.
    /// - Throws: `LabError`.
    public mutating func run() throws(LabError) -> (goals: [Goal], table: [String]) {
        try Command.run(
            ["dd", "if=/dev/urandom", "of=\(file)", "bs=1M", "count=\(size >> 20)", "conv=fdatasync"],
            within: .seconds(300))
        defer { unlink(file) }
        var goals: [Goal] = []
        for pattern in FioRun.Pattern.all { goals.append(try engine(pattern)) }
        for pattern in FioRun.Pattern.all { goals += try server(pattern) }
        return (goals, table.lines)
    }

    private mutating func engine(_ pattern: FioRun.Pattern) throws(LabError) -> Goal {
        var ours = Samples()
        var theirs = Samples()
        let fio = ["--ioengine=libaio", "--direct=1", "--filename=\(file)"]
        for _ in 0..<runs {
            ours.add(try BlockLoad.run(pattern, on: file, size: size, for: length))
            theirs.add(try FioRun(pattern, engine: fio, size: size, for: length).rate)
        }
        return goal("engine, \(pattern.name), IOPS", ours, "fio libaio", theirs, least: 0.95)
    }

    /// nbdkit writes into the page cache, which the next one's run would have to share the disk with.
    private func settle() throws(LabError) {
        try Command.run(
            ["dd", "if=/dev/null", "of=\(file)", "oflag=nocache", "conv=notrunc,fdatasync", "count=0"],
            within: .seconds(120))
    }

    private mutating func server(_ pattern: FioRun.Pattern) throws(LabError) -> [Goal] {
        var rates: [NBDServerProcess.Kind: Samples] = [:]
        var costs: [NBDServerProcess.Kind: Samples] = [:]
        let kinds = NBDServerProcess.Kind.allCases
        for run in 0..<runs {
            // Each goes first in turn: what one leaves behind must not always meet the same one.
            for kind in kinds[(run % kinds.count)...] + kinds[..<(run % kinds.count)] {
                try settle()
                let server = try NBDServerProcess(kind, file: file, folder: folder)
                defer { server.stop() }
                let before = server.cpu
                let run = try FioRun(pattern, engine: server.engine, size: size, for: length)
                rates[kind, default: Samples()].add(run.rate)
                costs[kind, default: Samples()].add((server.cpu - before) / max(1, run.transfers) * 1e6)
            }
        }
        let unit = pattern.isBig ? "MiB/s" : "IOPS"
        var goals = [
            goal(
                "NBD, \(pattern.name), \(unit)", rates[.keelson] ?? Samples(), "qemu-nbd", rates[.qemu] ?? Samples(),
                least: pattern.isBig ? 1.3 : 2)
        ]
        if !pattern.isBig {
            goals.append(
                goal(
                    "NBD, \(pattern.name), CPU µs a request", costs[.keelson] ?? Samples(), "nbdkit",
                    costs[.nbdkit] ?? Samples(),
                    most: 1))
        }
        return goals
    }

    private mutating func goal(
        _ what: String, _ ours: Samples, _ against: String, _ theirs: Samples, least: Double? = nil,
        most: Double? = nil
    ) -> Goal {
        let (mine, others) = (ours.median, theirs.median)
        let ratio = mine / others
        table.add([
            what, ours.medianText, ours.spread, "\(against) \(theirs.medianText)", theirs.spread,
            String(format: "%.2f", ratio),
        ])
        let words = least.map { "at least \($0) ×" } ?? most.map { "at most \($0) ×" } ?? ""
        return Goal(
            what: what, ours: mine, against: against, theirs: others, goal: words,
            met: ratio >= (least ?? -.infinity) && ratio <= (most ?? .infinity))
    }
}
