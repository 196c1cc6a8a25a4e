import ArgumentParser
import Lab

struct BenchFailover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cuts the master's power again and again and measures the outage that a client of the VIP sees.")

    @Option(help: "Power cuts of each kind.")
    var runs = 20

    @Option(help: "Seed of the faults' moments.")
    var seed: UInt64 = 1

    @Option(help: "Only these, for a quick look: keepalived, calm, fast, instant. May be repeated.")
    var only: [String] = []

    @Option(help: "File for the list of goals and figures.")
    var output = "build/bench/failover.json"

    func validate() throws {
        guard runs > 0 else { throw ValidationError("--runs must be at least 1.") }
    }

    func run() throws {
        var bench = FailoverBench(runs: runs, seed: seed)
        if wants("keepalived") {
            for advertisement in [1, 0.1] { try bench.keepalived(advertisement: advertisement) }
        }
        for profile in ["calm", "fast", "instant"] where wants(profile) {
            do {
                try bench.keelson(profile: profile)
            } catch {
                // What was measured is still worth showing; what is missing counts as missed.
                Terminal.complain("Keelson \(profile) could not be measured to the end: \(error)")
            }
        }
        var table = TextTable(FailoverSeries.header)
        for series in bench.series { table.add(series.row) }
        for line in table.lines { Terminal.say(line) }
        Terminal.say("")
        for line in Goal.table(bench.goals) { Terminal.say(line) }
        try Goal.write(bench.goals, to: output)
    }

    private func wants(_ part: String) -> Bool { only.isEmpty || only.contains(part) }
}
