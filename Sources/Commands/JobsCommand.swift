import APIProtocol
import ArgumentParser
import Texts

/// `keelson jobs`
struct JobsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Shows actions that take a while, latest first, or the steps of one.")

    @Argument(help: "A job's identity.") var id: String?
    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        guard let id else { return try await list(session) }
        let job: Job = try await session.client.call(.job, id)
        try session.show(job) {
            Table.lines(
                header: ["step", "state", "time"].map { session.text("column.\($0)") },
                rows: job.steps.map {
                    [
                        session.text("step.\($0.name)"), session.text("phaseState.\($0.state.rawValue)"),
                        $0.milliseconds.map(Figures.milliseconds) ?? "-",
                    ]
                }) + (job.error.map { [$0.sentence(in: session.language)] } ?? [])
        }
    }

    private func list(_ session: Session) async throws {
        let jobs: ItemList<Job> = try await session.client.call(.jobs)
        try session.show(jobs) {
            guard !jobs.items.isEmpty else { return [session.text("jobs.none")] }
            return Table.lines(
                header: ["id", "kind", "state", "progress", "since", "who"].map { session.text("column.\($0)") },
                rows: jobs.items.map {
                    [
                        $0.id, session.text("job.\($0.kind.rawValue)"), session.text("jobState.\($0.state.rawValue)"),
                        Figures.percent(($0.progress ?? 0) * 100), $0.startedAt.description, $0.who,
                    ]
                })
        }
    }
}
