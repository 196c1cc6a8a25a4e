import APIProtocol
import Hummingbird
import Texts

/// Who is told of events, how, and what could not be delivered.
enum NotificationPages {
    static let routes = [
        PageRoute.page("/notifications") { try await show($0) },
        PageRoute.form("/notifications", save),
        PageRoute.form("/notifications/:id/:verb", act),
    ]

    private static func show(
        _ page: PageRequest, note: String = "", problem: APIError? = nil
    ) async throws -> Response {
        let (asker, words) = (page.visitor.asker, page.words)
        let targets: NotificationTargets = try await page.upstream.get(.notifications, as: asker)
        let waiting = try await page.upstream.get(
            .undelivered, as: asker, of: ItemList<UndeliveredNotification>.self
        ).items
        return page.render(
            "notifications", title: words("navigation.notifications"), navigation: .notifications,
            [
                "targets": targets.targets.map { row($0, page) }, "note": note,
                "undelivered": waiting.map { item -> Fields in
                    [
                        "target": item.target,
                        "message": Catalogue.sentence("event.\(item.event.kind)", item.event.parameters, words.language)
                            ?? item.event.message,
                        "attempts": "\(item.attempts)",
                        "error": Catalogue.clause(item.lastError, page.visitor.language),
                        "next": item.nextAttempt?.description ?? "",
                    ]
                },
                "levels": EventLevel.allCases.map { ["id": $0.rawValue, "name": words("level.\($0.rawValue)")] },
                "securities": MailSecurity.allCases.map {
                    ["id": $0.rawValue, "name": words("notifications.security.\($0.rawValue)")]
                },
            ], status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    private static func row(_ target: NotificationTarget, _ page: PageRequest) -> Fields {
        let place =
            target.smtp.map { "\($0.host):\($0.port) → \($0.to.joined(separator: ", "))" }
            ?? target.webhook?.url ?? target.syslog.map { "\($0.host):\($0.port)" } ?? ""
        return [
            "id": target.id, "name": target.name, "kind": page.words("notifications.kind.\(target.kind.rawValue)"),
            "place": place, "level": page.words("level.\(target.minimumLevel.rawValue)"),
            "delivered": "\(target.state.delivered)", "pending": "\(target.state.pending)",
            "error": Catalogue.clause(target.state.lastError ?? "", page.visitor.language),
            "tone": !target.enabled ? "none" : target.state.lastError == nil ? "good" : "warn",
            "state": page.words(
                !target.enabled
                    ? "notifications.off"
                    : target.state.lastError == nil ? "notifications.good" : "notifications.failing"),
            "form": page.visitor.formToken,
        ]
    }

    @Sendable private static func save(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            let request = try target(form)
            _ = try await page.upstream.call(
                .putNotification, [form["id"] ?? ""], body: request, as: page.visitor.asker)
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
        return HTML.redirect("/notifications?done=saved")
    }

    private static func target(_ form: Form) throws -> NotificationTargetRequest {
        guard let kind = form["kind"].flatMap(NotificationKind.init(rawValue:)) else {
            throw APIError(.missingField, field: "kind")
        }
        guard form["id"] != nil else { throw APIError(.missingField, field: "id") }
        var request = NotificationTargetRequest(
            kind: kind, name: form["name"] ?? form["id"] ?? "",
            minimumLevel: form["minimumLevel"].flatMap(EventLevel.init(rawValue:)),
            language: form["language"].flatMap(Language.init(rawValue:)))
        switch kind {
        case .smtp:
            request.smtp = NotificationTargetRequest.Mail(
                host: form["host"] ?? "", port: form["port"].flatMap(Int.init),
                security: form["security"].flatMap(MailSecurity.init(rawValue:)) ?? .starttls, user: form["user"],
                password: form["password"], from: form["from"] ?? "", to: form.list("to"))
        case .webhook: request.webhook = .init(url: form["url"] ?? "", secret: form["secret"])
        case .syslog: request.syslog = .init(host: form["host"] ?? "", port: form["port"].flatMap(Int.init))
        }
        return request
    }

    @Sendable private static func act(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        let (id, asker, words) = (page.parameter("id"), page.visitor.asker, page.words)
        do {
            switch page.parameter("verb") {
            case "remove":
                _ = try await page.upstream.call(.deleteNotification, [id], as: asker)
                return HTML.redirect("/notifications?done=removed")
            case "test":
                let answer: NotificationTestAnswer = try await page.upstream.get(.testNotification, [id], as: asker)
                let time = Figures.milliseconds(answer.milliseconds)
                return try await show(
                    page,
                    note: answer.delivered
                        ? words("notifications.tested", ["target": id, "time": time])
                        : words("notifications.testFailed", ["target": id, "reason": answer.error ?? ""]))
            default: throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
            }
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
    }
}
