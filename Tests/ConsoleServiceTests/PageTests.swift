import APIProtocol
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Primitives
import Testing

@testable import ConsoleService

/// What came back for a page.
struct PageReply: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String
}

struct Browser: Sendable {
    let client: any TestClientProtocol
    static let token = "ks1.0123456789abcdef.secret"

    func get(_ path: String, token: String? = token, language: String = "en") async throws -> PageReply {
        var headers: HTTPFields = [.acceptLanguage: language]
        if let token { headers[.cookie] = "\(Visitor.sessionCookie)=\(token)" }
        return try await send(.get, path, headers, nil)
    }

    func post(
        _ path: String, _ body: String, token: String? = token, site: String? = "same-origin"
    ) async throws -> PageReply {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        if let token { headers[.cookie] = "\(Visitor.sessionCookie)=\(token)" }
        if let site { headers[HTTPField.Name("Sec-Fetch-Site")!] = site }
        return try await send(.post, path, headers, body)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: String?
    ) async throws -> PageReply {
        try await client.execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { PageReply(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body)) }
    }

    /// The hidden field of this session's forms.
    static func form(_ token: String? = token) -> String { "form=" + Visitor.formToken(of: token) }
}

@Suite("Pages", .serialized)
struct PageTests {
    func visit(
        _ prepare: (FakeClusterDaemon) throws -> Void = { _ in },
        _ body: @escaping @Sendable (Browser, FakeClusterDaemon) async throws -> Void
    ) async throws {
        let daemon = FakeClusterDaemon()
        try Samples.fill(daemon)
        try prepare(daemon)
        try await daemon.run { console in
            let application = Application(router: console.router())
            try await application.test(.router) { try await body(Browser(client: $0), daemon) }
        }
    }

    @Test("Every page of a member, in both languages, with what protects it and nothing from elsewhere")
    func everyPage() async throws {
        try await visit { browser, _ in
            for (path, language) in [
                "/", "/nodes", "/nodes/\(Samples.n2.text)", "/failovers", "/events", "/settings", "/machines",
                "/machines/\(Samples.machine.id)", "/machines/\(Samples.machine.id)/change",
            ].flatMap({ path in ["en", "zh"].map { (path, $0) } }) {
                let page = try await browser.get(path, language: language)
                #expect(page.status == 200, "\(path)")
                #expect(page.text.contains("<html lang=\"\(language)\""), "\(path)")
                #expect(!page.text.contains("[["), "\(path)")
                #expect(!page.text.contains("{{"), "\(path)")
                #expect(!page.text.contains("style=\""), "\(path)")
                #expect(
                    page.headers[HTTPField.Name("Content-Security-Policy")!]?.contains("default-src 'self'") == true)
                #expect(page.headers[HTTPField.Name("X-Content-Type-Options")!] == "nosniff")
                #expect(page.headers[.cacheControl] == "no-store")
                #expect(page.text.contains("demo &amp; sons"), "\(path)")
            }
        }
    }

    @Test("What comes from outside is text, never markup")
    func escaping() async throws {
        try await visit { browser, _ in
            let page = try await browser.get("/events")
            #expect(page.text.contains("&lt;b&gt;n2&lt;/b&gt;"))
            #expect(!page.text.contains("<b>n2"))
            #expect(!page.text.contains("alert(1)"))
        }
    }

    @Test("Without a session every page leads to the login and back")
    func login() async throws {
        try await visit { daemon in
            let session = SessionInfo(
                id: "0a", name: "ada", user: "0b", role: .administrator, created: Samples.stamp,
                expires: Samples.stamp, lastUsed: Samples.stamp, client: nil, secondFactor: false,
                mustEnrolSecondFactor: false, language: nil)
            try daemon.answer(
                "POST /v1/sessions", CreatedSession(token: "ks1.new.secret", session: session), status: 201)
        } _: { browser, daemon in
            let away = try await browser.get("/failovers", token: nil)
            #expect(away.status == 303)
            #expect(away.headers[.location] == "/login?return=%2Ffailovers")
            let page = try await browser.get("/login?return=%2Ffailovers", token: nil)
            #expect(page.text.contains("value=\"/failovers\""))
            let reply = try await browser.post(
                "/login", "\(Browser.form(nil))&name=ada&password=p%26q+r&return=%2Ffailovers", token: nil)
            #expect(reply.status == 303)
            #expect(reply.headers[.location] == "/failovers")
            let cookie = reply.headers[.setCookie] ?? ""
            // A cookie that somebody else has put into the browser is replaced, never taken over.
            #expect(cookie.hasPrefix("__Host-session=ks1.new.secret"))
            for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(part), "\(part)") }
            #expect(daemon.asked.last?.body.contains(#""password":"p&q r""#) == true)
        }
    }

    @Test("A refused login says why and shows no password")
    func refusedLogin() async throws {
        try await visit { daemon in
            try daemon.answer("POST /v1/sessions", APIError(.loginRefused), status: 401)
        } _: { browser, _ in
            let reply = try await browser.post(
                "/login", "\(Browser.form(nil))&name=ada&password=topsecret", token: nil)
            #expect(reply.status == 401)
            #expect(reply.text.contains("role=\"alert\""))
            #expect(reply.text.contains("value=\"ada\""))
            #expect(!reply.text.contains("topsecret"))
            #expect(reply.headers[.setCookie] == nil)
        }
    }

    @Test(
        "The way back after a login never leaves this console",
        arguments: ["//evil.example/", "https://evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: x=y", "", "evil"])
    func openRedirect(path: String) {
        #expect(LoginPages.safe(path) == "/")
    }

    @Test("A form of another site, another session or none changes nothing")
    func forgery() async throws {
        try await visit { browser, daemon in
            let before = daemon.asked.count
            let path = "/nodes/\(Samples.n2.text)/remove"
            let good = Browser.form() + "&typed=n2"
            #expect(try await browser.post(path, good, site: "cross-site").status == 403)
            #expect(try await browser.post(path, "typed=n2").status == 403)
            #expect(try await browser.post(path, Browser.form("ks1.other") + "&typed=n2").status == 403)
            #expect(!daemon.asked.dropFirst(before).contains { $0.line.hasPrefix("DELETE") })
            daemon.answer("DELETE /v1/nodes/\(Samples.n2.text)", "", status: 204)
            let reply = try await browser.post(path, good)
            #expect(reply.status == 303)
            #expect(daemon.asked.last?.line == "DELETE /v1/nodes/\(Samples.n2.text)")
            #expect(daemon.asked.last?.authorization == "Bearer \(Browser.token)")
        }
    }

    @Test("What destroys asks for the node's name")
    func typedName() async throws {
        try await visit { browser, daemon in
            let reply = try await browser.post(
                "/nodes/\(Samples.n2.text)/remove", Browser.form() + "&typed=n1")
            #expect(reply.status == 400)
            #expect(reply.text.contains("must be the node&#39;s name, n2"))
            #expect(!daemon.asked.contains { $0.line.hasPrefix("DELETE") })
        }
    }

    @Test("A form that is too large is refused")
    func oversized() async throws {
        try await visit { browser, _ in
            let reply = try await browser.post(
                "/login", "\(Browser.form(nil))&name=" + String(repeating: "a", count: Form.longest), token: nil)
            #expect(reply.status == 413)
        }
    }

    @Test("A session that has ended leads to the login; a cluster without a master is asked again")
    func errors() async throws {
        try await visit { daemon in
            try daemon.answer("GET /v1/session", APIError(.tokenRefused), status: 401)
        } _: { browser, daemon in
            #expect(try await browser.get("/nodes").headers[.location] == "/login?return=%2Fnodes")
            try daemon.answer("GET /v1/session", APIError(.noMaster), status: 503)
            let page = try await browser.get("/nodes")
            #expect(page.status == 503)
            #expect(page.text.contains("http-equiv=\"refresh\""))
        }
    }

    @Test("The API goes through with its own token and never with the cookie")
    func proxy() async throws {
        try await visit { browser, daemon in
            _ = try await browser.get("/v1/status")
            #expect(daemon.asked.last?.authorization == nil)
            let headers: HTTPFields = [
                .authorization: "Bearer ku1.x", HTTPField.Name("Keelson-Client")!: "1.2.3.4",
                HTTPField.Name("Keelson-Forwarded-For")!: "root",
            ]
            let reply = try await browser.send(.get, "/v1/failovers?limit=3", headers, nil)
            #expect(reply.status == 200)
            #expect(daemon.asked.last?.authorization == "Bearer ku1.x")
            #expect(daemon.asked.last?.client != "1.2.3.4")
            #expect(reply.headers[.contentLength] == "\(reply.text.utf8.count)")
            let missing = try await browser.send(.delete, "/v1/nothing", [:], nil)
            #expect(missing.status == 404)
            #expect(missing.headers[.contentType] == "application/json")
        }
    }

    @Test("Who must set up a second factor first sees the account and nothing live")
    func mustEnrol() async throws {
        try await visit { daemon in
            daemon.answer(
                "GET /v1/session",
                #"{"name":"ada","role":"viewer","kind":"session","secondFactor":false,"#
                    + #""mustEnrolSecondFactor":true,"managesUsers":false}"#)
        } _: { browser, _ in
            #expect(try await browser.get("/nodes").headers[.location] == "/account")
            let page = try await browser.get("/account")
            #expect(page.status == 200)
            #expect(!page.text.contains("data-live"))
        }
    }

    @Test("The stream of a session that has ended says so and ends; without a master it is asked for again")
    func endedStream() async throws {
        try await visit { daemon in
            try daemon.answer("GET /v1/status", APIError(.tokenRefused), status: 401)
        } _: { browser, daemon in
            let ended = try await browser.get("/live")
            #expect(ended.status == 200)
            #expect(ended.text.contains("event: ended"))
            try daemon.answer("GET /v1/status", APIError(.noMaster), status: 503)
            #expect(try await browser.get("/live").status == 503)
        }
    }

    @Test("What is not there says so as a page")
    func missing() async throws {
        try await visit { browser, _ in
            let page = try await browser.get("/nowhere")
            #expect(page.status == 404)
            #expect(page.text.contains("/nowhere"))
            #expect(page.headers[HTTPField.Name("Content-Security-Policy")!] != nil)
        }
    }

    @Test("Language and theme are kept in cookies")
    func preferences() async throws {
        try await visit { browser, _ in
            let reply = try await browser.post(
                "/preferences", "\(Browser.form())&language=zh&return=%2Fnodes")
            #expect(reply.status == 303)
            #expect(reply.headers[.location] == "/nodes")
            #expect(reply.headers[.setCookie]?.hasPrefix("language=zh") == true)
            let page = try await browser.send(.get, "/login", [.cookie: "language=zh; theme=dark"], nil)
            #expect(page.text.contains("<html lang=\"zh\" data-theme=\"dark\">"))
        }
    }
}
