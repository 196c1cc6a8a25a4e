import ArgumentParser
import Lab

struct BenchJournal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-journal", abstract: "Measure what journals cost: opening points, reading at the head.")

    @Option(help: "A folder on the disk that counts; about 6 GiB are needed.") var folder: String
    @Option(help: "Where the figures go, as JSON.") var output: String?

    nonisolated func run() async throws {
        let goals = try await JournalBench.run(in: folder)
        for line in Goal.table(goals) { print(line) }
        if let output { try Goal.write(goals, to: output) }
    }
}
