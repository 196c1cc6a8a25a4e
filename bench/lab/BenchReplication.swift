import ArgumentParser
import Lab
import Primitives

struct BenchReplication: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-replication",
        abstract: "Measures blocks, NBD, the tap, copies, resumes and journals beside fio, qemu-nbd, nbdcopy, rsync.")

    @Option(help: "Folder on the disk to measure, with 60 GiB of room.")
    var folder = "/var/tmp"

    @Option(help: "Runs of each figure; copies, which take long, are done three times at most.")
    var runs = 5

    @Option(help: "Seconds of each run of fio.")
    var seconds: Int64 = 5

    @Option(help: "GiB of the disk that is copied and resumed.")
    var size = 8

    @Option(help: "Measure only this part, may come again: \(ReplicationBench.Part.words).")
    var part: [ReplicationBench.Part] = ReplicationBench.Part.allCases

    @Option(help: "File for the list of goals and figures.")
    var output = "build/bench/replication.json"

    func validate() throws {
        guard runs > 0, seconds > 0 else { throw ValidationError("--runs and --seconds must be at least 1.") }
        guard size >= 4 else { throw ValidationError("--size must be at least 4: the change must not fit in memory.") }
    }

    nonisolated func run() async throws {
        let bench = ReplicationBench(
            folder: folder, runs: runs, length: .seconds(seconds), copySize: UInt64(size) << 30)
        var goals: [Goal] = []
        for part in part { goals += try await bench.run(part) }
        for line in Goal.table(goals) { Terminal.say(line) }
        try Goal.write(goals, to: output)
    }
}

extension ReplicationBench.Part: ExpressibleByArgument {}
