import APIProtocol
import Hummingbird
import NIOCore
import Primitives
import Texts

/// The wizard's last step: the start, watched phase by phase, and what to take away.
enum SetupStartPages {
    static func start(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        return try await SetupPages.withDraft(page) { draft in
            do {
                _ = try await page.upstream.call(.startSetup, body: SetupStart(), as: page.visitor.asker)
                return HTML.redirect("/setup?started=1")
            } catch let error as APIError where error.code.status != 401 {
                return try await SetupPages.show(page, .start, draft, problem: error)
            }
        }
    }

    /// The page that follows the start.
    static func watch(_ page: PageRequest) -> Response {
        page.render("setup-progress", title: page.words("setup.starting"), navigation: nil, [:], refresh: true)
    }

    /// The phases as they are. The node restarts its daemon in between: then it says that it waits.
    static func progress(_ page: PageRequest) async throws -> Response {
        let status: SetupStatus
        do {
            status = try await page.upstream.get(.setupStatus, as: .console)
        } catch let error as APIError where error.code.status >= 500 {
            return HTML.response(page.console.renderer.render("setup-restarting", [:], page.visitor.language))
        }
        let words = page.words
        let phases = status.phases.map { phase -> Fields in
            [
                "name": words("phase.\(phase.name)"), "state": words("phaseState.\(phase.state.rawValue)"),
                "tone": tone(phase.state),
                "time": phase.milliseconds.map { Figures.milliseconds($0) } ?? "",
            ]
        }
        let fields: Fields = [
            "phases": phases, "finished": status.finished, "url": status.url ?? "",
            "failure": status.failure.map { PageRequest.sentence($0, page.visitor.language) } ?? "",
            "failed": status.failure != nil,
            // Before the membership is written a power cut leads back into the setup: the draft is as it was.
            "brokenOff": status.stage == .installed && status.failure == nil,
        ]
        return HTML.response(page.console.renderer.render("setup-progress-live", fields, page.visitor.language))
    }

    private static func tone(_ state: PhaseState) -> String {
        switch state {
        case .waiting, .running: "none"
        case .done: "good"
        case .failed: "bad"
        }
    }

    static func recoveryKit(_ page: PageRequest) async throws -> Response {
        let kit = try await page.upstream.call(
            .recoveryKit, query: "language=\(page.visitor.language.rawValue)", as: page.visitor.asker)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; charset=utf-8",
                .contentDisposition: "attachment; filename=\"keelson-recovery-kit.txt\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: kit)))
    }
}
