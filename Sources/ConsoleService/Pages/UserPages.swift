import APIProtocol
import Hummingbird

/// Who may do what: users, their sessions, and the rules.
enum UserPages {
    static let routes = [
        PageRoute.page("/users") { try await show($0) },
        PageRoute.form("/users", add),
        PageRoute.form("/users/:id", change),
        PageRoute.form("/users/:id/:verb", act),
        PageRoute.form("/sessions/:id/end") { page in
            _ = try await page.form()
            return try await attempt(page, done: "sessionEnded") {
                try await page.upstream.call(.endOtherSession, [page.parameter("id")], as: page.visitor.asker)
            }
        },
        PageRoute.form("/security", changeRules),
    ]

    private static func show(_ page: PageRequest, problem: APIError? = nil) async throws -> Response {
        let (upstream, asker, words) = (page.upstream, page.visitor.asker, page.words)
        let users = try await upstream.get(.users, as: asker, of: ItemList<UserInfo>.self).items
        let sessions = try await upstream.get(.sessions, as: asker, of: ItemList<SessionInfo>.self).items
        let rules: SecuritySettings = try await upstream.get(.security, as: asker)
        return page.render(
            "users", title: words("navigation.users"), navigation: .users,
            [
                "users": users.map { row($0, page) }, "roles": roles(.viewer, words),
                "sessions": sessions.map { session -> Fields in
                    [
                        "id": session.id, "name": session.name, "iso": session.lastUsed.description,
                        "client": session.client ?? "", "form": page.visitor.formToken,
                    ]
                },
                "setsRules": page.user?.role.may(.security) == true, "fourEyes": rules.fourEyes,
                "requireSecondFactor": rules.requireSecondFactor,
                "sessionMinutes": "\(rules.sessionMinutes)", "idleMinutes": "\(rules.idleMinutes)",
            ], status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    private static func row(_ user: UserInfo, _ page: PageRequest) -> Fields {
        let words = page.words
        let isLocked = user.lockedUntil.map { "\($0)" }
        return [
            "id": user.id, "name": user.name, "role": words("userRole.\(user.role.rawValue)"),
            "roles": roles(user.role, words), "disabled": user.disabled,
            "secondFactor": words(user.secondFactor ? "word.yes" : "word.no"), "hasSecondFactor": user.secondFactor,
            "tone": user.disabled ? "none" : isLocked != nil ? "warn" : "good",
            "state": words(user.disabled ? "users.disabled" : isLocked != nil ? "users.locked" : "users.active"),
            "lastLogin": user.lastLogin.map { "\($0)" } ?? "", "form": page.visitor.formToken,
        ]
    }

    private static func roles(_ chosen: UserRole, _ words: Words) -> [Fields] {
        UserRole.allCases.map {
            ["id": $0.rawValue, "name": words("userRole.\($0.rawValue)"), "selected": $0 == chosen]
        }
    }

    /// - Parameter work: gives the answer's body: not empty when somebody else must approve first.
    private static func attempt(
        _ page: PageRequest, done: String, _ work: () async throws -> [UInt8]
    ) async throws -> Response {
        do {
            let answer = try await work()
            let isHeld = page.upstream.isHeld(answer)
            return HTML.redirect("/users?done=\(isHeld ? "held" : done)")
        } catch let error as APIError where error.code != .tokenRefused && error.code.status < 500 {
            return try await show(page, problem: error)
        }
    }

    @Sendable private static func add(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let user = NewUser(
            name: form["name"] ?? "", role: form["role"].flatMap(UserRole.init(rawValue:)) ?? .viewer,
            password: form.exact("password"))
        return try await attempt(page, done: "userAdded") {
            try await page.upstream.call(.createUser, body: user, as: page.visitor.asker)
        }
    }

    @Sendable private static func change(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let password = form.exact("password")
        let change = UserChange(
            role: form["role"].flatMap(UserRole.init(rawValue:)), disabled: form["disabled"] != nil,
            password: password.isEmpty ? nil : password)
        return try await attempt(page, done: "saved") {
            try await page.upstream.call(
                .changeUser, [page.parameter("id")], body: change, as: page.visitor.asker)
        }
    }

    @Sendable private static func act(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        let id = page.parameter("id")
        switch page.parameter("verb") {
        case "remove":
            return try await attempt(page, done: "userRemoved") {
                try await page.upstream.call(.removeUser, [id], as: page.visitor.asker)
            }
        case "reset-second-factor":
            return try await attempt(page, done: "secondFactorRemoved") {
                try await page.upstream.call(.resetSecondFactor, [id], as: page.visitor.asker)
            }
        default: throw APIError(.notFound, ["path": String(page.request.uri.path.prefix(256))])
        }
    }

    @Sendable private static func changeRules(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        do {
            guard let session = form["sessionMinutes"].flatMap(Int.init) else {
                throw APIError(.missingField, field: "sessionMinutes")
            }
            guard let idle = form["idleMinutes"].flatMap(Int.init) else {
                throw APIError(.missingField, field: "idleMinutes")
            }
            let rules = SecuritySettings(
                fourEyes: form["fourEyes"] != nil, requireSecondFactor: form["requireSecondFactor"] != nil,
                sessionMinutes: session, idleMinutes: idle)
            return try await attempt(page, done: "saved") {
                try await page.upstream.call(.changeSecurity, body: rules, as: page.visitor.asker)
            }
        } catch let error as APIError where error.code == .missingField {
            return try await show(page, problem: error)
        }
    }
}
