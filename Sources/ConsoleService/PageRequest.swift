import APIProtocol
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Texts

/// One request for a page, and what its handler needs to answer.
struct PageRequest: Sendable {
    let request: Request
    let context: ConsoleContext
    let console: Console
    let visitor: Visitor
    let needsUser: Bool
    /// Who is logged in; set before the handler runs.
    private(set) var user: WhoAmI?

    init(_ request: Request, _ context: ConsoleContext, _ console: Console, needsUser: Bool) {
        self.request = request
        self.context = context
        self.console = console
        self.needsUser = needsUser
        visitor = Visitor(request, context)
    }

    var upstream: Upstream { console.upstream }
    var words: Words { Words(visitor.language) }
    var here: String { request.uri.string }

    func parameter(_ name: String) -> String { context.parameters.get(name) ?? "" }
    func query(_ name: String) -> String? { request.uri.queryParameters[Substring(name)].map(String.init) }
    func form() async throws -> Form { try await Form(request, from: visitor) }

    /// Runs the handler; what it throws becomes a page with the sentence.
    func respond(_ handler: PageRoute.Handler) async -> Response {
        do {
            guard needsUser else { return try await handler(self) }
            guard visitor.token != nil else { return HTML.redirect(try await isInSetup() ? "/setup" : loginPath) }
            var page = self
            let user: WhoAmI = try await upstream.get(.session, as: visitor.asker)
            page.user = user
            if user.mustEnrolSecondFactor, !request.uri.path.hasPrefix("/account"), request.uri.path != "/logout" {
                return HTML.redirect("/account")
            }
            return try await handler(page)
        } catch let error as APIError where needsUser && error.code.status == 401 {
            return HTML.redirect(loginPath)
        } catch let error as APIError where needsUser && error.code == .notSetUp {
            return HTML.redirect("/setup")
        } catch let error as APIError {
            return problem(error)
        } catch {
            console.logger.error("\(request.method) \(request.uri.path) failed: \(error)")
            return problem(APIError(.internalError, ["reason": "\(error)"]))
        }
    }

    func isInSetup() async throws -> Bool {
        let health: Health = try await upstream.get(.health, as: .console)
        return health.stage == .installed || health.stage == .joining
    }

    /// Back to this page after the login, if it is one that can be asked again.
    private var loginPath: String {
        guard request.method == .get, here != "/", !here.hasPrefix("/login") else { return "/login" }
        return "/login?return=" + (here.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }

    /// A page with nothing but what went wrong; a cluster that is without a master for a moment is asked again.
    func problem(_ error: APIError) -> Response {
        let sentence = PageRequest.sentence(error, visitor.language)
        let isPassing = [502, 503, 504].contains(error.code.status)
        return render(
            "problem", title: words("console.problem"), navigation: nil,
            ["sentence": sentence, "refresh": isPassing], status: HTTPResponse.Status(code: error.code.status),
            refresh: isPassing)
    }

    /// The sentence, which names the field.
    static func sentence(_ error: APIError, _ language: Language) -> String {
        let text = error.sentence(in: language)
        guard let field = error.field, !text.contains(field) else { return text }
        return "\(field): \(text)"
    }
}

extension PageRequest {
    /// A whole page.
    ///
    /// - Parameters:
    ///   - navigation: which entry is the current one; nil: the page stands alone.
    ///   - picture: for the state in the masthead.
    func render(
        _ template: String, title: String, navigation: Navigation?, _ fields: Fields,
        picture: ClusterPicture? = nil, status: HTTPResponse.Status = .ok, problem: APIError? = nil,
        refresh: Bool = false
    ) -> Response {
        let (renderer, language) = (console.renderer, visitor.language)
        var body = fields
        body["form"] = visitor.formToken
        var page: Fields = [
            "language": language.rawValue, "theme": visitor.theme.rawValue, "title": title, "form": visitor.formToken,
            "style": Assets.style.path, "script": Assets.script.path, "icon": Assets.icon.path, "here": here,
            "languages": languages, "themes": themes, "alone": navigation == nil,
            "main": renderer.render(template, body, language),
        ]
        if let navigation, let user { page["navigation"] = ["items": navigation.items(for: user, words)] }
        if let user {
            page["user"] = user.name
            // Until then nothing but the account may be asked for.
            page["live"] = !user.mustEnrolSecondFactor
        }
        if let picture { page["masthead"] = console.parts.render("masthead", picture, language) }
        if let done = query("done"), let text = Catalogue.template("done.\(done)", language) { page["done"] = text }
        if let problem { page["problem"] = Self.sentence(problem, language) }
        if refresh { page["refresh"] = "2" }
        return HTML.response(renderer.render("layout", page, language), status: status)
    }

    private var languages: [Fields] {
        [(Language.english, "English"), (.chinese, "中文")].map { language, name in
            ["id": language.rawValue, "name": name, "pressed": language == visitor.language ? "true" : "false"]
        }
    }

    private var themes: [Fields] {
        Visitor.Theme.allCases.map { theme in
            [
                "id": theme.rawValue, "name": words("theme.\(theme.rawValue)"),
                "pressed": theme == visitor.theme ? "true" : "false",
            ]
        }
    }
}
