import APIProtocol
import FoundationEssentials
import Hummingbird
import Primitives
import Texts

/// The wizard: seven steps, each saved as it is done and reopened where it was left. The node keeps the draft; the
/// pages keep nothing.
enum SetupPages {
    static let routes = [
        PageRoute.page("/setup", for: .everybody, open),
        PageRoute.form("/setup/code", for: .everybody, enterCode),
        PageRoute.page("/setup/nodes", for: .everybody) { try await SetupNodePages.list($0) },
        PageRoute.form("/setup/nodes/:id/:verb", for: .everybody) { try await SetupNodePages.answer($0) },
        PageRoute.form("/setup/rack", for: .everybody) { try await SetupNodePages.changeRack($0) },
        PageRoute.page("/setup/progress", for: .everybody) { try await SetupStartPages.progress($0) },
        PageRoute.page("/setup/recovery-kit", for: .everybody) { try await SetupStartPages.recoveryKit($0) },
        PageRoute.form("/setup/start", for: .everybody) { try await SetupStartPages.start($0) },
        PageRoute.page("/setup/:step", for: .everybody) { page in
            try await withDraft(page) { try await show(page, step(page, $0), $0) }
        },
        PageRoute.form("/setup/:step", for: .everybody, save),
    ]

    /// The steps behind the code, by the number that stands in the address.
    enum Step: Int, CaseIterable {
        case administrator = 2
        case license, cluster, network, nodes, start

        var name: String { "\(self)" }
    }

    // MARK: In

    @Sendable private static func open(_ page: PageRequest) async throws -> Response {
        let status: SetupStatus
        do {
            status = try await page.upstream.get(.setupStatus, as: .console)
        } catch let error as APIError where error.code == .unreachable {
            throw APIError(.noMaster)
        }
        guard status.stage == .installed || status.stage == .joining else {
            let isWatching = page.visitor.token != nil && page.query("started") != nil
            return isWatching ? SetupStartPages.watch(page) : HTML.redirect("/login")
        }
        if status.stage == .joining { return SetupStartPages.watch(page) }
        guard page.visitor.token != nil else { return showCode(page) }
        do {
            let draft: SetupDraft = try await page.upstream.get(.setupDraft, as: page.visitor.asker)
            return HTML.redirect("/setup/\(min(max(draft.step, 2), 7))")
        } catch let error as APIError where error.code.status == 401 {
            return showCode(page)
        }
    }

    private static func showCode(_ page: PageRequest, problem: APIError? = nil) -> Response {
        page.render(
            "setup-code", title: page.words("setup.welcome"), navigation: nil, [:],
            status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    @Sendable private static func enterCode(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            let session: SetupSession = try await page.upstream.get(
                .setupSession, body: SetupSessionRequest(code: form["code"] ?? ""), as: page.visitor.asker)
            try await remember(page.visitor.language, with: session.token, page)
            var response = HTML.redirect("/setup")
            response.setCookie(Visitor.cookie(Visitor.sessionCookie, session.token, isSecret: true))
            return response
        } catch let error as APIError {
            return showCode(page, problem: error)
        }
    }

    /// The language that the person reads is the first thing saved.
    private static func remember(_ language: Language, with token: String, _ page: PageRequest) async throws {
        let asker = Upstream.Asker.visitor(token: token, client: page.visitor.client)
        let draft: SetupDraft = try await page.upstream.get(.setupDraft, as: asker)
        guard draft.language != language else { return }
        let change = SetupDraftChange(revision: draft.revision, language: language)
        _ = try await page.upstream.call(.changeSetupDraft, body: change, as: asker)
    }

    // MARK: The steps

    /// Without a session of the wizard, or without a wizard, there is nothing to show.
    static func withDraft(
        _ page: PageRequest, _ body: (SetupDraft) async throws -> Response
    ) async throws -> Response {
        do {
            return try await body(try await page.upstream.get(.setupDraft, as: page.visitor.asker))
        } catch let error as APIError where error.code.status == 401 || error.code == .alreadySetUp {
            return HTML.redirect("/setup")
        }
    }

    /// A step that comes before one that is not done yet.
    private static func step(_ page: PageRequest, _ draft: SetupDraft) throws -> Step {
        guard let number = Int(page.parameter("step")), let step = Step(rawValue: number) else {
            throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
        }
        return step.rawValue <= max(draft.step, 2) ? step : Step(rawValue: min(max(draft.step, 2), 7)) ?? .administrator
    }

    static func show(
        _ page: PageRequest, _ step: Step, _ draft: SetupDraft, entered: Fields = [:], problem: APIError? = nil
    ) async throws -> Response {
        var fields = try await SetupFields.of(step, draft, page)
        fields.merge(entered) { $1 }
        fields["revision"] = "\(draft.revision)"
        let (language, renderer) = (page.visitor.language, page.console.renderer)
        fields["form"] = page.visitor.formToken
        let frame: Fields = [
            "steps": steps(current: step, draft, page.words),
            "body": renderer.render("setup-\(step.name)", fields, language),
        ]
        return page.render(
            "setup", title: page.words("setup.\(step.name)"), navigation: nil, frame,
            status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    private static func steps(current: Step, _ draft: SetupDraft, _ words: Words) -> [Fields] {
        let first: Fields = ["name": words("setup.setupCode"), "done": true, "current": false, "path": ""]
        return [first]
            + Step.allCases.map { step in
                [
                    "name": words("setup.\(step.name)"), "done": step.rawValue < draft.step, "current": step == current,
                    "path": step.rawValue <= draft.step ? "/setup/\(step.rawValue)" : "",
                ]
            }
    }

    @Sendable private static func save(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        return try await withDraft(page) { draft in
            let step = try step(page, draft)
            do {
                let checks = try await SetupFields.checks(step, form, page)
                let entered = SetupFields.entered(step, form).merging(checks.fields) { $1 }
                if let failure = checks.failure, form["action"] != "check" {
                    return try await show(page, step, draft, entered: entered, problem: failure)
                }
                if form["action"] == "check" { return try await show(page, step, draft, entered: entered) }
                var change = try SetupFields.change(step, form, page)
                // What was seen when the form was shown: another browser may have gone on meanwhile.
                change.revision = form["revision"].flatMap(Int.init) ?? draft.revision
                _ = try await page.upstream.call(.changeSetupDraft, body: change, as: page.visitor.asker)
                return HTML.redirect("/setup/\(step.rawValue + 1)")
            } catch let error as APIError where error.code.status != 401 && error.code != .alreadySetUp {
                return try await show(page, step, draft, entered: SetupFields.entered(step, form), problem: error)
            }
        }
    }
}
