import ArgumentParser

/// The lab: whole clusters on one machine, for `make run`, the benchmarks and the integration tests.
@main
struct LabProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Runs clusters of appliance nodes in network namespaces, and measures them.",
        subcommands: [
            Run.self, Drive.self, BenchFailover.self, BenchReplication.self, Soak.self, MeasureCost.self, Client.self,
            Respond.self, ServeNBD.self,
        ])
}
