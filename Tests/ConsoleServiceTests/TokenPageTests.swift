import APIProtocol
import Hummingbird
import HummingbirdTesting
import MembershipCore
import Primitives
import Testing

@testable import ConsoleService

@Suite("Tokens, jobs and rack mode", .serialized)
struct TokenPageTests {
    private func visit(
        _ body: @escaping @Sendable (Browser, FakeClusterDaemon) async throws -> Void
    ) async throws {
        let daemon = FakeClusterDaemon()
        try Samples.fill(daemon)
        try await daemon.run { console in
            let application = Application(router: console.router())
            try await application.test(.router) { try await body(Browser(client: $0), daemon) }
        }
    }

    @Test("Both pages, in both languages", arguments: ["/tokens", "/jobs"], ["en", "zh"])
    func pages(path: String, language: String) async throws {
        try await visit { browser, _ in
            let page = try await browser.get(path, language: language)
            #expect(page.status == 200 && page.text.contains("<html lang=\"\(language)\""))
            for mark in ["[[", "{{", "style=\"", "<i>"] { #expect(!page.text.contains(mark), "\(mark)") }
        }
    }

    @Test("A new token is shown once, with the scopes that were chosen")
    func create() async throws {
        try await visit { browser, daemon in
            let info = UserTokenInfo(id: "01", name: "robot", role: .operator, created: Samples.stamp)
            try daemon.answer("POST /v1/user-tokens", CreatedUserToken(token: "ku1.01.secret", info: info), status: 201)
            let page = try await browser.post(
                "/tokens/api", Browser.form() + "&name=robot&role=operator&days=2&group.nodes=on&group.nothing=on")
            #expect(page.status == 200 && page.text.contains("<pre>ku1.01.secret</pre>"))
            let asked = try #require(daemon.asked.last { $0.line == "POST /v1/user-tokens" })
            for part in [#""groups":["nodes"]"#, #""ttlSeconds":172800"#, #""role":"operator""#] {
                #expect(asked.body.contains(part), "\(asked.body)")
            }
            let again = try await browser.get("/tokens")
            #expect(!again.text.contains("secret") && again.text.contains("&lt;i&gt;robot&lt;/i&gt;"))
        }
    }

    @Test("What is refused is said on the page, and names the field", arguments: ["1e9", "99999999999999999999", "-"])
    func refused(uses: String) async throws {
        try await visit { browser, daemon in
            let page = try await browser.post("/tokens/join", Browser.form() + "&hours=1&uses=\(uses)")
            #expect(page.status == 400 && page.text.contains("role=\"alert\"") && page.text.contains("uses"))
            #expect(!daemon.asked.contains { $0.line.hasPrefix("POST") })
            try daemon.answer(
                "POST /v1/tokens",
                APIError.invalid("uses", clause: "range", ["low": "1", "high": "500", "value": "0"]),
                status: 400)
            let later = try await browser.post("/tokens/join", Browser.form() + "&hours=1&uses=0")
            #expect(later.status == 400 && later.text.contains("uses"))
        }
    }

    @Test("A token is revoked by its kind, and only by this console's own form")
    func revoke() async throws {
        try await visit { browser, daemon in
            daemon.answer("DELETE /v1/tokens/89ab", "", status: 204)
            #expect(try await browser.post("/tokens/join/89ab/revoke", "").status == 403)
            #expect(try await browser.post("/tokens/other/89ab/revoke", Browser.form()).status == 404)
            let reply = try await browser.post("/tokens/join/89ab/revoke", Browser.form())
            #expect(reply.status == 303 && reply.headers[.location] == "/tokens?done=tokenRevoked")
            #expect(daemon.asked.last?.line == "DELETE /v1/tokens/89ab")
        }
    }

    @Test("Jobs tell their steps and why they failed; the page asks no more when none runs")
    func jobs() async throws {
        try await visit { browser, daemon in
            let page = try await browser.get("/jobs")
            for part in ["its vote is gone", "12 ms", "&lt;i&gt;n2&lt;/i&gt;", "data-finished"] {
                #expect(page.text.contains(part), "\(part)")
            }
            try daemon.answer(
                "GET /v1/jobs",
                ItemList([
                    Job(
                        id: "0b", kind: .switchMaster, state: .running, startedAt: Samples.stamp, steps: [],
                        who: "root")
                ]))
            let list = try await browser.get("/jobs/list", language: "zh")
            #expect(list.text.contains("切换主节点") && !list.text.contains("data-finished"))
        }
    }

    @Test("Rack mode is opened for so many nodes and minutes, and closed")
    func rack() async throws {
        try await visit { browser, daemon in
            try daemon.answer("PUT /v1/rack-mode", RackMode(nodes: 3, until: Samples.stamp))
            let opened = try await browser.post("/rack", Browser.form() + "&nodes=3&minutes=20")
            #expect(opened.headers[.location] == "/nodes?done=rackOpened")
            #expect(daemon.asked.last?.body.contains(#""minutes":20"#) == true)
            try daemon.answer("GET /v1/rack-mode", RackMode(nodes: 3, until: Samples.stamp))
            #expect(try await browser.get("/nodes").text.contains("open for 3 more nodes"))
            let closed = try await browser.post("/rack", Browser.form() + "&nodes=0")
            #expect(closed.headers[.location] == "/nodes?done=rackClosed")
            try daemon.answer("PUT /v1/rack-mode", APIError(.invalidValue, field: "nodes"), status: 400)
            let refused = try await browser.post("/rack", Browser.form() + "&nodes=65")
            #expect(refused.status == 400 && refused.text.contains("role=\"alert\""))
        }
    }
}
