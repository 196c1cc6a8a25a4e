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

    @Option(help: "What to simulate: all, cluster or replication.")
    var scenario = Scenario.all

    @Option(help: "A bug to plant in the cluster: \(Plant.allCases.map(\.rawValue).joined(separator: ", ")).")
    var plant: Plant?

    @Option(
        help: "A bug to plant in the data path: \(ReplicationPlant.allCases.map(\.rawValue).joined(separator: ", ")).")
    var replicationPlant: ReplicationPlant?

    func validate() throws {
        guard runs > 0, threads > 0 else { throw ValidationError("--runs and --threads must be at least 1") }
    }

    func run() async throws {
        var isSound = true
        if scenario != .replication { isSound = await runCluster() }
        if scenario != .cluster { isSound = await runReplication() && isSound }
        if !isSound { throw ExitCode(1) }
    }

    private func runCluster() async -> Bool {
        let campaign = await Simulation.campaign(
            first: seed, count: runs, plant: plant, isTracing: trace, threads: threads)
        for run in campaign.traced { print("seed \(run.seed)", run.trace.joined(separator: "\n"), separator: "\n") }
        for run in campaign.failed {
            let plant = plant.map { " --plant \($0.rawValue)" } ?? ""
            report(run.seed, "--scenario cluster\(plant)", run.violations, run.script)
        }
        print(campaign.summary)
        if !campaign.keepsPromise { print("too many outages took longer than take + 0.3 s") }
        return campaign.isSound
    }

    /// Beside clusters half as many: one of these takes twice as long as one of those.
    private func runReplication() async -> Bool {
        let runs = scenario == .all ? (runs + 1) / 2 : runs
        let campaign = await ReplicationSimulation.campaign(
            first: seed, count: runs, plant: replicationPlant, isTracing: trace, threads: threads)
        for run in campaign.traced { print("seed \(run.seed)", run.trace.joined(separator: "\n"), separator: "\n") }
        for run in campaign.failed {
            let plant = replicationPlant.map { " --replication-plant \($0.rawValue)" } ?? ""
            report(run.seed, "--scenario replication\(plant)", run.violations, run.script)
        }
        print(campaign.summary)
        return campaign.isSound
    }

    private func report(_ seed: UInt64, _ options: String, _ violations: [String], _ script: [String]) {
        print("seed \(seed) failed; replay: simulator --seed \(seed) --runs 1 --trace \(options)")
        for violation in violations { print("  \(violation)") }
        for line in script { print("    \(line)") }
    }
}

enum Scenario: String, ExpressibleByArgument {
    case all
    case cluster
    case replication
}

extension Plant: ExpressibleByArgument {}
extension ReplicationPlant: ExpressibleByArgument {}
