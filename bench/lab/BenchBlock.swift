import ArgumentParser
import Lab
import Primitives

struct BenchBlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-block",
        abstract: "Measures the block engine beside fio's, and the NBD server beside qemu-nbd and nbdkit.")

    @Option(help: "Folder on the disk to measure, with 2 GiB of room.")
    var folder = "/var/tmp"

    @Option(help: "Runs of each.")
    var runs = 5

    @Option(help: "Seconds of each run.")
    var seconds: Int64 = 5

    @Option(help: "File for the list of goals and figures.")
    var output = "build/bench/block.json"

    func validate() throws {
        guard runs > 0, seconds > 0 else { throw ValidationError("--runs and --seconds must be at least 1.") }
    }

    func run() throws {
        var bench = BlockBench(folder: folder, runs: runs, length: .seconds(seconds))
        let (goals, table) = try bench.run()
        for line in table { Terminal.say(line) }
        Terminal.say("")
        for line in Goal.table(goals) { Terminal.say(line) }
        try Goal.write(goals, to: output)
    }
}
