import ArgumentParser
import Lab
import Primitives

struct MeasureCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost", abstract: "Measures memory and CPU of every daemon of a cluster at rest.")

    @Option(help: "Seconds to watch.")
    var seconds: Int64 = 30

    @Option(help: "File for the list of goals and figures.")
    var output = "build/bench/cost.json"

    func run() throws {
        var costs: [CostMeter.Cost] = []
        try withLab { lab in
            let cluster = KeelsonCluster(lab: lab) { Terminal.complain($0) }
            try cluster.grow(to: 3, profile: "auto")
            // Founding and joining are over; their last work (compaction, first reports) is given time to end.
            LabClock.pass(.seconds(10))
            costs = try CostMeter.measure(lab.nodes, over: .seconds(seconds))
        }
        for line in CostMeter.table(costs).lines { Terminal.say(line) }
        let goals = CostMeter.goals(costs)
        for line in Goal.table(goals) { Terminal.say(line) }
        try Goal.write(goals, to: output)
    }
}
