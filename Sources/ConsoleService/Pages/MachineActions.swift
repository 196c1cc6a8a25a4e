import APIProtocol
import CaptureProtocol
import Hummingbird
import Primitives
import StreamProtocol
import Texts

/// What can be done with a protected machine; each is asked for once more on a page of its own.
enum MachineActions {
    static let routes = [
        PageRoute.page("/machines/:id/:verb", confirm),
        PageRoute.form("/machines/:id/:verb", act),
        PageRoute.form("/machines/:id/exports/:name/end", endExport),
    ]

    enum Verb: String, CaseIterable {
        case bookmark, release, pause, resume, export, verify, change, enrol, unprotect

        var needs: AccessLevel {
            switch self {
            case .bookmark, .release, .pause, .resume, .export, .verify: .operator
            case .change, .enrol, .unprotect: .administrator
            }
        }
    }

    static func links(_ machine: Machine, _ page: PageRequest) -> [Fields] {
        Verb.allCases.filter { page.user?.role.may($0.needs) == true && applies($0, to: machine) }.map { verb in
            [
                "path": "/machines/\(machine.id)/\(verb.rawValue)", "name": page.words("machineVerb.\(verb.rawValue)"),
                "style": verb == .unprotect ? "danger" : "quiet",
            ]
        }
    }

    private static func applies(_ verb: Verb, to machine: Machine) -> Bool {
        switch verb {
        case .pause: !machine.policy.paused
        case .resume: machine.policy.paused
        // It is about one bookmark, in whose row it stands.
        case .release: false
        case .bookmark, .export, .verify, .change, .enrol, .unprotect: true
        }
    }

    private static func verb(_ page: PageRequest) throws(APIError) -> Verb {
        guard let verb = Verb(rawValue: page.parameter("verb")) else {
            throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
        }
        return verb
    }

    @Sendable private static func confirm(_ page: PageRequest) async throws -> Response {
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        return ask(page, try MachinePages.find(page, in: picture), try verb(page), picture, problem: nil)
    }

    private static func ask(
        _ page: PageRequest, _ machine: Machine, _ verb: Verb, _ picture: ClusterPicture, problem: APIError?
    ) -> Response {
        let words = page.words
        var fields: Fields = [
            "question": words("machineQuestion.\(verb.rawValue)", ["machine": machine.name]),
            "consequence": words("machineConsequence.\(verb.rawValue)", ["machine": machine.name]),
            "action": "/machines/\(machine.id)/\(verb.rawValue)", "verb": words("machineVerb.\(verb.rawValue)"),
            "danger": verb == .unprotect, "back": "/machines/\(machine.id)",
        ]
        switch verb {
        case .bookmark: fields["inputs"] = [input("text", words("machinePage.bookmarkText"))]
        case .release: fields["hidden"] = point(page)
        case .export:
            fields["hidden"] = point(page)
            fields["checks"] = [check("writable", words("machinePage.writable"))]
        case .change:
            fields["inputs"] = [
                input("lagTargetSeconds", words("machinePage.lagTarget"), "\(machine.policy.lagTargetSeconds)"),
                input("retentionSeconds", words("machinePage.retentionSeconds"), "\(machine.policy.retentionSeconds)"),
                input("keep", words("machinePage.keepRules"), MachineFields.keep(machine)),
            ]
            fields["checks"] = [
                check("replicated", words("machinePage.replicated"), machine.policy.level == .replicated),
                check("hold", words("machinePage.hold"), machine.policy.hold),
            ]
        case .unprotect:
            fields["inputs"] = [input("typed", words("console.typeName", ["node": machine.name]))]
            fields["checks"] = [check("deleteData", words("machinePage.deleteData"))]
        case .pause, .resume, .verify, .enrol: break
        }
        return page.render(
            "machine-action", title: words("machineVerb.\(verb.rawValue)"), navigation: .machines, fields,
            picture: picture, status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok,
            problem: problem)
    }

    /// The point that a page is about.
    private static func point(_ page: PageRequest) -> [Fields] {
        ["generation", "sequence"].compactMap { name in page.query(name).map { ["name": name, "value": $0] } }
    }

    private static func input(_ name: String, _ label: String, _ value: String = "") -> Fields {
        ["name": name, "label": label, "value": value]
    }

    private static func check(_ name: String, _ label: String, _ isChecked: Bool = false) -> Fields {
        ["name": name, "label": label, "checked": isChecked]
    }

    @Sendable private static func act(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let picture = try await ClusterPicture(page.upstream, as: page.visitor.asker)
        let (machine, verb) = (try MachinePages.find(page, in: picture), try verb(page))
        do {
            return try await perform(verb, on: machine, form, page)
        } catch let error as APIError where error.code != .tokenRefused {
            return ask(page, machine, verb, picture, problem: error)
        }
    }

    private static func perform(
        _ verb: Verb, on machine: Machine, _ form: Form, _ page: PageRequest
    ) async throws -> Response {
        let (upstream, asker, id) = (page.upstream, page.visitor.asker, machine.id.description)
        var answer: [UInt8] = []
        switch verb {
        case .bookmark:
            answer = try await upstream.call(
                .bookmark, [id], body: BookmarkRequest(text: form["text"] ?? ""), as: asker)
        case .release: answer = try await upstream.call(.releaseBookmark, [id], body: try release(form), as: asker)
        case .pause: answer = try await upstream.call(.pauseMachine, [id], as: asker)
        case .resume: answer = try await upstream.call(.resumeMachine, [id], as: asker)
        case .export: answer = try await upstream.call(.export, [id], body: export(form), as: asker)
        case .verify: answer = try await upstream.call(.verifyMachine, [id], as: asker)
        case .change: answer = try await upstream.call(.changeMachine, [id], body: try change(form), as: asker)
        case .enrol:
            let token: EnrolmentToken = try await upstream.get(.renewEnrolment, [id], as: asker)
            return MachinePages.token(page, token, machine: machine)
        case .unprotect:
            guard form["typed"] == machine.name else {
                throw APIError.invalid("typed", clause: "machineTyped", ["machine": machine.name])
            }
            answer = try await upstream.call(
                .unprotect, [id], body: UnprotectRequest(deleteData: form["deleteData"] != nil), as: asker)
            return HTML.redirect("/machines?done=\(upstream.isHeld(answer) ? "held" : "machineUnprotect")")
        }
        let done = verb.rawValue.prefix(1).uppercased() + verb.rawValue.dropFirst()
        return HTML.redirect("/machines/\(id)?done=\(upstream.isHeld(answer) ? "held" : "machine\(done)")")
    }

    private static func export(_ form: Form) -> ExportRequest {
        ExportRequest(
            generation: form["generation"].flatMap(UInt64.init), sequence: form["sequence"].flatMap(UInt64.init),
            writable: form["writable"] != nil)
    }

    private static func release(_ form: Form) throws(APIError) -> ReleaseRequest {
        guard let generation = form["generation"].flatMap(UInt64.init) else {
            throw APIError(.missingField, field: "generation")
        }
        guard let sequence = form["sequence"].flatMap(UInt64.init) else {
            throw APIError(.missingField, field: "sequence")
        }
        return ReleaseRequest(generation: generation, sequence: sequence)
    }

    private static func change(_ form: Form) throws(APIError) -> MachineChange {
        MachineChange(
            level: form["replicated"] == nil ? .durable : .replicated,
            lagTargetSeconds: try MachinePages.number(form, "lagTargetSeconds"),
            retentionSeconds: try MachinePages.number(form, "retentionSeconds"), hold: form["hold"] != nil,
            keep: try rules(form["keep"] ?? ""))
    }

    private static func rules(_ text: String) throws(APIError) -> [KeepRule] {
        var rules: [KeepRule] = []
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let rule = KeepRule(String(part)) else {
                throw .invalid("keep", clause: "keepRule", ["value": String(part.prefix(64))])
            }
            rules.append(rule)
        }
        return rules
    }

    @Sendable private static func endExport(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        let id = page.parameter("id")
        guard MachineID(id) != nil else { throw APIError(.unknownMachine, ["machine": String(id.prefix(64))]) }
        _ = try await page.upstream.call(.withdrawExport, [id, page.parameter("name")], as: page.visitor.asker)
        return HTML.redirect("/machines/\(id)?done=machineExportEnded")
    }
}
