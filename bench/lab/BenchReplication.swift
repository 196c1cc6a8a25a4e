import ArgumentParser
import Lab
import Primitives

struct BenchReplication: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-replication",
        abstract: "Measures the block engine, the NBD server and journals beside fio, qemu-nbd, nbdkit and a raw file.")

    @Option(help: "Folder on the disk to measure, with 8 GiB of room.")
    var folder = "/var/tmp"

    @Option(help: "Runs of each figure of the engine and the server.")
    var runs = 5

    @Option(help: "Seconds of each of these runs.")
    var seconds: Int64 = 5

    @Option(help: "File for the list of goals and figures.")
    var output = "build/bench/replication.json"

    func validate() throws {
        guard runs > 0, seconds > 0 else { throw ValidationError("--runs and --seconds must be at least 1.") }
    }

    nonisolated func run() async throws {
        var bench = BlockBench(folder: folder, runs: runs, length: .seconds(seconds))
        let (ofBlocks, table) = try bench.run()
        for line in table { Terminal.say(line) }
        Terminal.say("")
        let goals = ofBlocks + (try await JournalBench.run(in: folder)) + Self.notMeasured
        for line in Goal.table(goals) { Terminal.say(line) }
        try Goal.write(goals, to: output)
    }

    /// Goals of the data path for which there is no figure: missed until there is one.
    private static let notMeasured = [
        ("through the tap with replication", "qemu-nbd without", "at least 1.0 times its IOPS and MB/s"),
        ("initial copy of 8 GiB, half zeros", "nbdcopy", "at least 0.95 times, no zeros on the wire"),
        ("resume after a cut, 1 % changed", "rsync --inplace", "bytes 1.05 times the change, a tenth of the time"),
        ("lag, 99 %, at half the rate that can be kept", nil, "at most 0.5 s"),
        ("memory of captured with 100 streams, 10 busy", nil, "at most 1 GiB"),
    ].map { Goal(what: $0.0, ours: nil, against: $0.1, theirs: nil, goal: $0.2, met: false) }
}
