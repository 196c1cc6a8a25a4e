import APIProtocol
import FoundationEssentials
import Hummingbird
import Texts

/// In and out, and how the pages look.
enum LoginPages {
    static let routes = [
        PageRoute.page("/login", for: .everybody) { page in
            if try await page.isInSetup() { return HTML.redirect("/setup") }
            return show(page, name: nil, back: page.query("return"))
        },
        PageRoute.form("/login", for: .everybody, login),
        PageRoute.form("/logout", for: .everybody, logout),
        PageRoute.form("/preferences", for: .everybody, setPreferences),
    ]

    private static func show(
        _ page: PageRequest, name: String?, back: String?, problem: APIError? = nil
    ) -> Response {
        let isCodeNeeded = problem?.code == .codeNeeded
        return page.render(
            "login", title: page.words("console.login"), navigation: nil,
            ["name": name ?? "", "return": safe(back), "codeNeeded": isCodeNeeded],
            status: problem.map { HTTPResponse.Status(code: $0.code.status) } ?? .ok, problem: problem)
    }

    @Sendable private static func login(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        let (name, back) = (form["name"] ?? "", form["return"])
        let request = LoginRequest(name: name, password: form.exact("password"), code: form["code"])
        do {
            let created: CreatedSession = try await page.upstream.get(
                .createSession, body: request, as: page.visitor.asker)
            var response = HTML.redirect(safe(back))
            response.setCookie(Visitor.cookie(Visitor.sessionCookie, created.token, isSecret: true))
            return response
        } catch let error as APIError {
            return show(page, name: name, back: back, problem: error)
        }
    }

    @Sendable private static func logout(_ page: PageRequest) async throws -> Response {
        _ = try await page.form()
        do { _ = try await page.upstream.call(.endSession, as: page.visitor.asker) } catch let error as APIError {
            // A session that has ended already is what was asked for.
            guard error.code.status == 401 else { throw error }
        }
        var response = HTML.redirect("/login")
        response.setCookie(Visitor.cookie(Visitor.sessionCookie, "", seconds: 0, isSecret: true))
        return response
    }

    @Sendable private static func setPreferences(_ page: PageRequest) async throws -> Response {
        let form = try await page.form()
        var response = HTML.redirect(safe(form["return"]))
        let year = 365 * 86_400
        if let language = form["language"].flatMap(Language.init(rawValue:)) {
            response.setCookie(Visitor.cookie(Visitor.languageCookie, language.rawValue, seconds: year))
        }
        if let theme = form["theme"].flatMap(Visitor.Theme.init(rawValue:)) {
            response.setCookie(Visitor.cookie(Visitor.themeCookie, theme.rawValue, seconds: year))
        }
        return response
    }

    /// A path of this console, never another site: `//host` would be one.
    static func safe(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains("\\"),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return "/" }
        return path
    }
}
