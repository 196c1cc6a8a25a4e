import APIProtocol
import AlarmCore
import CaptureProtocol
import Hummingbird
import HummingbirdTesting
import Primitives
import StreamProtocol
import Testing
import Texts

@testable import ConsoleService

@Suite("Pages of protected machines", .serialized)
struct MachinePageTests {
    private static let path = "/machines/\(Samples.machine.id)"
    private static let api = "/v1/machines/\(Samples.machine.id)"

    private func visit(
        _ prepare: (FakeClusterDaemon) throws -> Void = { _ in },
        _ body: @escaping @Sendable (Browser, FakeClusterDaemon) async throws -> Void
    ) async throws { try await PageTests().visit(prepare, body) }

    @Test("The list says the state in words, RPO, bytes, progress and alarms, and escapes names")
    func list() async throws {
        try await visit { browser, _ in
            let page = try await browser.get("/machines")
            for text in [
                "web&lt;1&gt;", "bringing what has changed", "12 s", "3.0 MiB", "value=\"25\"", "1:02:03 left",
                "behind its target", "Protect a machine",
            ] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("web<1>"))
        }
    }

    @Test("The overview shows each machine's RPO and what is wrong")
    func overview() async throws {
        try await visit { browser, _ in
            let page = try await browser.get("/")
            #expect(page.text.contains("12 s"))
            #expect(page.text.contains("web&lt;1&gt; is further behind than its target."))
        }
    }

    @Test("A machine's page has the timeline as a picture and as a table, with what can be done")
    func detail() async throws {
        try await visit { browser, _ in
            let page = try await browser.get(Self.path)
            #expect(page.text.contains("<svg class=\"timeline\""))
            #expect(page.text.ranges(of: "\(Self.path)/release?generation=").count == 1, "of the bookmark")
            #expect(page.text.contains("before &lt;b&gt;it&lt;/b&gt;"), "a bookmark stands in the table, however old")
            #expect(page.text.contains("\(Self.path)/export?generation=2&amp;sequence=1000"))
            #expect(page.text.contains("data-live=\"machine-\(Samples.machine.id)\""))
            #expect(page.text.contains("nbd+unix:///e1/0?socket=/run/keelson/exports/e1.sock"))
            #expect(page.text.contains("segment 3: repaired from the second node"))
            for verb in ["bookmark", "pause", "export", "verify", "change", "enrol", "unprotect"] {
                #expect(page.text.contains("\(Self.path)/\(verb)\""), "\(verb)")
            }
            #expect(!page.text.contains("\(Self.path)/resume"))
        }
    }

    @Test("A viewer sees the points and nothing to do")
    func viewer() async throws {
        try await visit { daemon in
            daemon.answer(
                "GET /v1/session",
                #"{"name":"eva","role":"viewer","kind":"session","secondFactor":false,"#
                    + #""mustEnrolSecondFactor":false,"managesUsers":false}"#)
        } _: { browser, _ in
            let page = try await browser.get(Self.path)
            #expect(page.status == 200 && page.text.contains("<svg class=\"timeline\""))
            #expect(!page.text.contains("/unprotect") && !page.text.contains("/export?"))
            #expect(!(try await browser.get("/machines")).text.contains("Protect a machine"))
        }
    }

    @Test("When no node answers for the points, the page says so and stands")
    func silent() async throws {
        try await visit { daemon in
            try daemon.answer("GET \(Self.api)/points", APIError(.captureSilent, ["node": "n1"]), status: 503)
        } _: { browser, _ in
            let page = try await browser.get(Self.path)
            #expect(page.status == 200)
            #expect(page.text.contains("The capture daemon of n1 does not answer."))
        }
    }

    @Test("A form becomes a request; its token is shown once")
    func protect() async throws {
        try await visit { daemon in
            try daemon.answer(
                "POST /v1/machines",
                ProtectAnswer(
                    machine: Samples.machine,
                    enrolment: EnrolmentToken(
                        token: "ke1.0a.secret", expires: Samples.stamp, authorityFingerprint: "ab")), status: 201)
        } _: { browser, daemon in
            let reply = try await browser.post(
                "/machines",
                Browser.form() + "&name=web1&volumes=root%3D20G%0D%0Adata%3D1T%2F4096&retentionHours=2&replicated=true")
            #expect(reply.status == 200 && reply.text.contains("ke1.0a.secret"))
            let body = daemon.asked.last { $0.line == "POST /v1/machines" }?.body ?? ""
            for part in [
                #""name":"web1""#, #""sizeBytes":21474836480"#, #""blockSize":4096"#, #""retentionSeconds":7200"#,
                #""level":"replicated""#,
            ] {
                #expect(body.contains(part), "\(part) in \(body)")
            }
            let wrong = try await browser.post("/machines", Browser.form() + "&name=web1&volumes=root")
            #expect(wrong.status == 400 && wrong.text.contains("NAME=SIZE"))
        }
    }

    @Test("Every action asks once more and makes its call")
    func actions() async throws {
        // Of the body: what it contains, each for itself, since an object's keys have another order in every run.
        let calls: [(verb: String, form: String, line: String, body: String)] = [
            ("bookmark", "&text=before", "POST \(Self.api)/bookmarks", #"{"text":"before"}"#),
            (
                "release", "&generation=2&sequence=7", "DELETE \(Self.api)/bookmarks",
                #""sequence":7"#
            ),
            ("pause", "", "POST \(Self.api)/pause", ""), ("resume", "", "POST \(Self.api)/resume", ""),
            ("verify", "", "POST \(Self.api)/verifications", ""),
            (
                "export", "&generation=2&sequence=7&writable=true", "POST \(Self.api)/exports",
                #""sequence":7"#
            ),
            ("change", "&lagTargetSeconds=5&retentionSeconds=600&hold=true", "PUT \(Self.api)", #""hold":true"#),
            (
                "change", "&lagTargetSeconds=5&retentionSeconds=600&keep=1h%2F7d%2C+1d%2F90d", "PUT \(Self.api)",
                "\"everySeconds\":3600 \"forSeconds\":604800 \"everySeconds\":86400 \"forSeconds\":7776000"
            ),
            ("unprotect", "&typed=web%3C1%3E&deleteData=true", "DELETE \(Self.api)", #"{"deleteData":true}"#),
        ]
        try await visit { daemon in
            for call in calls { daemon.answer(call.line, "", status: 204) }
        } _: { browser, daemon in
            for call in calls {
                let question = try await browser.get("\(Self.path)/\(call.verb)")
                #expect(question.status == 200 && question.text.contains("web&lt;1&gt;"), "\(call.verb)")
                let reply = try await browser.post("\(Self.path)/\(call.verb)", Browser.form() + call.form)
                #expect(reply.status == 303, "\(call.verb): \(reply.text.prefix(2_000))")
                let asked = daemon.asked.last { !$0.line.hasPrefix("GET") }
                #expect(asked?.line == call.line, "\(asked as Any)")
                for part in call.body.split(separator: " ") {
                    #expect(asked?.body.contains(part) == true, "\(asked as Any)")
                }
            }
            #expect(try await browser.get("\(Self.path)/nonsense").status == 404)
            #expect(try await browser.get("/machines/ffffffffffffffffffffffffffffffff").status == 404)
        }
    }

    @Test("The end of a protection asks for the machine's name; a refusal comes back with its sentence")
    func refusals() async throws {
        try await visit { daemon in
            try daemon.answer("POST \(Self.api)/bookmarks", APIError(.sourceAway, ["machine": "web1"]), status: 409)
        } _: { browser, daemon in
            let typed = try await browser.post("\(Self.path)/unprotect", Browser.form() + "&typed=web2")
            #expect(typed.status == 400 && typed.text.contains("must be the machine&#39;s name"))
            #expect(!daemon.asked.contains { $0.line.hasPrefix("DELETE") })
            let away = try await browser.post("\(Self.path)/bookmark", Browser.form() + "&text=a")
            #expect(away.status == 409 && away.text.contains("The source of &#39;web1&#39; does not answer"))
        }
    }

    @Test("Alarms are in the judgement, the gravest first")
    func judgement() {
        var machine = Samples.machine
        machine.alarms = [.secondMissing, .journalFull]
        let judgement = Judgement(Samples.status(), [machine])
        #expect(judgement.tone == .bad)
        #expect(
            judgement.problems.map(\.key).prefix(2) == [
                "judgement.machine.journalFull", "judgement.machine.secondMissing",
            ])
    }

    @Test("Points that fall on one place are drawn once, bookmarks before all others")
    func timeline() throws {
        let words = Words(.english)
        let one = MachinePoint(generation: 1, sequence: 1, at: Samples.stamp, kind: .bookmark, text: "a")
        let other = MachinePoint(generation: 1, sequence: 2, at: Samples.stamp, kind: .barrier)
        let fields = Timeline.fields([other, one], words, machine: "m", mayOpen: false)
        let picture = try #require(fields["picture"] as? String)
        #expect(picture.contains("class=\"p2\"") && !picture.contains("class=\"p1\""))
        #expect(Timeline.fields([], words, machine: "m", mayOpen: true).isEmpty)
    }

    @Test(arguments: [(0.2, "0:00:01"), (59.2, "0:01:00"), (3_723, "1:02:03"), (1e12, "277777:46:40")])
    func times(seconds: Double, text: String) { #expect(MachineFields.time(seconds) == text) }
}
