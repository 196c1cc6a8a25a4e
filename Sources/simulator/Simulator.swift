import ArgumentParser
import Simulation

/// Runs simulated clusters from seeds and judges them; exit code 1 when something did not hold.
@main
struct Simulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator",
        abstract: "Simulates clusters under faults: one seed is one history, the same every time.")

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds.")
    var runs = 2_000

    @Option(help: "How many seeds run at once.")
    var threads = 2

    @Flag(help: "Print everything that happened.")
    var trace = false

    @Option(help: "A bug to plant: \(Plant.allCases.map(\.rawValue).joined(separator: ", ")).")
    var plant: Plant?

    func validate() throws {
        guard runs > 0, threads > 0 else { throw ValidationError("--runs and --threads must be at least 1") }
    }

    func run() async throws {
        let campaign = await Simulation.campaign(
            first: seed, count: runs, plant: plant, isTracing: trace, threads: threads)
        for run in campaign.traced { print("seed \(run.seed)", run.trace.joined(separator: "\n"), separator: "\n") }
        for run in campaign.failed { report(run) }
        print(campaign.summary)
        if !campaign.keepsPromise { print("too many outages took longer than take + 0.3 s") }
        if !campaign.isSound { throw ExitCode(1) }
    }

    private func report(_ run: Simulation.Run) {
        print("seed \(run.seed) failed; replay: simulator --seed \(run.seed) --runs 1 --trace", terminator: "")
        print(plant.map { " --plant \($0.rawValue)" } ?? "")
        for violation in run.violations { print("  \(violation)") }
        for line in run.script { print("    \(line)") }
    }
}

extension Plant: ExpressibleByArgument {}
