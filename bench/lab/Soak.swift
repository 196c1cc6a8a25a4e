import ArgumentParser
import Lab
import Primitives

struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes every fault of the design in a cluster, as often as wanted, and judges what a client saw.")

    @Option(help: "Rounds through all faults.")
    var rounds = 3

    @Option(help: "How fast the cluster fails over: auto, instant, fast, calm, slow.")
    var profile = "auto"

    @Option(help: "Only faults whose name contains this; 'members' stands for the life of a cluster's members.")
    var only: String?

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds must be at least 1.") }
    }

    func run() throws {
        var table = TextTable(["fault", "n", "median outage", "worst outage", "broken promises"])
        var broken = try faults(Scenario.all, on: LabHardware(), into: &table)
        broken += try faults(Scenario.disk, on: LabHardware(diskMiB: 512), into: &table)
        broken += try faults(Scenario.clock, on: LabHardware(hasOwnClock: true), into: &table)
        if only != "members" { for line in table.lines { Terminal.say(line) } }
        if only.map({ $0 == "members" }) ?? true { try members() }
        guard broken == 0 else { throw ExitCode(1) }
    }

    /// - Returns: how many promises were broken.
    private func faults(
        _ scenarios: [Scenario], on hardware: LabHardware, into table: inout TextTable
    ) throws -> Int {
        let meant = scenarios.filter { scenario in only.map { scenario.name.contains($0) } ?? true }
        guard !meant.isEmpty else { return 0 }
        guard !hardware.hasOwnClock || LabHardware.clockLibrary != nil else {
            Terminal.complain("skipped, because the package faketime is not installed: \(meant.map(\.name))")
            return 0
        }
        var broken = 0
        try withLab { lab in
            let cluster = KeelsonCluster(lab: lab) { Terminal.complain($0) }
            try cluster.grow(to: 3, profile: profile, on: hardware)
            let runner = try ScenarioRun(cluster)
            defer { runner.stop() }
            for scenario in meant { broken += try repeated(scenario, runner, into: &table) }
        }
        return broken
    }

    /// - Returns: how many promises were broken.
    private func repeated(_ scenario: Scenario, _ runner: ScenarioRun, into table: inout TextTable) throws -> Int {
        var outages: [Span] = []
        var problems = 0
        for round in 1...rounds {
            let verdict = try runner.run(scenario)
            if let outage = verdict.outage { outages.append(outage) }
            problems += verdict.problems.count
            Terminal.complain("\(scenario.name), \(round) of \(rounds): \(verdict.outage?.description ?? "-")")
            for problem in verdict.problems { Terminal.complain("  broken: \(problem)") }
        }
        let outage = Distribution(outages)
        table.add([
            scenario.name, "\(rounds)", outage.median?.description ?? "-", outage.worst?.description ?? "-",
            "\(problems)",
        ])
        return problems
    }

    private func members() throws {
        try withLab { lab in
            try MembershipSoak(KeelsonCluster(lab: lab) { Terminal.say($0) }).run()
        }
    }
}
