import APIProtocol
import Hummingbird
import MembershipCore
import Primitives
import Texts

/// Actions that go on after their request.
enum JobPages {
    static let routes = [
        PageRoute.page("/jobs") { page in
            page.render(
                "jobs", title: page.words("navigation.jobs"), navigation: .jobs, ["list": try await list(page)])
        },
        PageRoute.page("/jobs/list") { HTML.response(try await list($0)) },
    ]

    /// The part that changes by itself as long as a job runs.
    private static func list(_ page: PageRequest) async throws -> String {
        let jobs = try await page.upstream.get(.jobs, as: page.visitor.asker, of: ItemList<Job>.self).items
        let nodes = try await page.upstream.get(.nodes, as: page.visitor.asker, of: ItemList<NodeStatus>.self).items
        let names = Dictionary(nodes.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        return page.console.renderer.render(
            "jobs-live",
            [
                "jobs": jobs.map { row($0, names, page) }, "hasJobs": !jobs.isEmpty,
                "finished": !jobs.contains { $0.state == .running },
            ], page.visitor.language)
    }

    private static func row(_ job: Job, _ names: [NodeID: String], _ page: PageRequest) -> Fields {
        let words = page.words
        return [
            "kind": words("job.\(job.kind.rawValue)"), "node": job.node.map { names[$0] ?? $0.text } ?? "",
            "who": job.who, "state": words("jobState.\(job.state.rawValue)"), "tone": tone(job.state),
            "started": "\(job.startedAt)", "ended": job.endedAt.map { "\($0)" } ?? "",
            "error": job.error.map { PageRequest.sentence($0, page.visitor.language) } ?? "",
            "steps": job.steps.map { step -> Fields in
                [
                    "name": words("step.\(step.name)"), "state": words("phaseState.\(step.state.rawValue)"),
                    "time": step.milliseconds.map { Figures.milliseconds($0) } ?? "",
                ]
            },
        ]
    }

    private static func tone(_ state: JobState) -> String {
        switch state {
        case .running: "none"
        case .done: "good"
        case .failed: "bad"
        }
    }
}
