import APIProtocol
import HTTPTypes
import Primitives
import Synchronization
import Testing

@testable import APIService

@Suite("What goes into the audit trail, and what waits for four eyes")
struct AuditTests {
    private static let secrets = [
        "a long enough phrase", "the other long phrase", "PLANTEDSECRET", "kj1.", "ku1.", "ks1.",
    ]

    @Test("Every change by a user or root is noted once, with its outcome, and no secret is in it")
    func secrets() async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control, listener: Harness.local).run { requester in
            let wishes: [(String, String, String?)] = [
                ("POST", "/v1/sessions", #"{"name":"anna","password":"a long enough phrase","code":"123456"}"#),
                ("POST", "/v1/sessions", #"{"name":"anna","password":"the other long phrase"}"#),
                ("PUT", "/v1/session/password", #"{"old":"a long enough phrase","new":"the other long phrase"}"#),
                ("POST", "/v1/session/totp", nil), ("PUT", "/v1/session/totp", #"{"code":"123456"}"#),
                ("DELETE", "/v1/session/totp", #"{"password":"a long enough phrase"}"#),
                ("POST", "/v1/users", #"{"name":"bert","role":"viewer","password":"the other long phrase"}"#),
                ("PUT", "/v1/users/x", #"{"password":"the other long phrase"}"#),
                ("POST", "/v1/tokens", "{}"), ("POST", "/v1/user-tokens", #"{"name":"r","role":"viewer"}"#),
                (
                    "POST", "/v1/setup",
                    #"{"join":{"master":"10.0.0.1","token":"kj1.PLANTEDSECRET"}}"#
                ),
                ("POST", "/v1/users", #"{"name":"c","role":"viewer","password":"short"}"#),
                ("POST", "/v1/users", #"{"nmae":"PLANTEDSECRET"}"#),
                ("GET", "/v1/users", nil),
            ]
            for (method, path, body) in wishes { _ = try await requester.send(method, path, body: body) }
        }
        #expect(
            control.notes.map { "\($0.action) \($0.outcome)" } == [
                "POST /v1/sessions done", "POST /v1/sessions loginRefused", "PUT /v1/session/password done",
                "POST /v1/session/totp done", "PUT /v1/session/totp done", "DELETE /v1/session/totp done",
                "POST /v1/users done", "PUT /v1/users/{id} done", "POST /v1/tokens done", "POST /v1/user-tokens done",
                "POST /v1/setup done", "POST /v1/users passwordTooShort", "POST /v1/users missingField",
            ])
        #expect(control.notes[6].parameters == ["name": "bert", "role": "viewer"])
        let everything = control.notes.map { "\($0)" }.joined()
        for secret in Self.secrets { #expect(!everything.contains(secret), "\(secret)") }
        #expect(!everything.contains("123456"))
        #expect(Set(control.notes.map(\.id)).count == control.notes.count)
    }

    @Test("Who has to wait is not noted: that would fill the trail")
    func waiting() async throws {
        let control = FakeControl(failure: APIError(.tooManyAttempts, ["seconds": "1"]))
        try await Harness(control: control).run { requester in
            let reply = try await requester.send("POST", "/v1/sessions", body: #"{"name":"a","password":"b"}"#)
            #expect(reply.status == 429 && reply.headers[.retryAfter] == "1")
        }
        #expect(control.notes.isEmpty)
    }

    @Test("With four eyes a request is answered 202, and approving it does the same as the request would have")
    func fourEyes() async throws {
        let control = FakeControl(users: Users.all, holds: "aa")
        try await Harness(control: control).run { requester in
            let token = Users.session(.administrator).text
            let held = try await requester.send("DELETE", "/v1/nodes/0123456789abcdef", token: token)
            #expect(held.status == 202)
            #expect(try StrictJSON.decode(HeldAnswer.self, from: held.body) == HeldAnswer(approval: "aa"))
            let done = try await requester.send("POST", "/v1/approvals/aa/approve", token: token)
            #expect(done.status == 204)
        }
        #expect(
            control.calls == [
                "s-administrator: hold DELETE /v1/nodes/{id} 0123456789abcdef", "s-administrator: claimApproval aa",
                "s-administrator: removeUser \(FakeControl.user.id)", "s-administrator: closeApproval aa",
            ])
        #expect(
            control.notes.map { "\($0.action) \($0.outcome) \($0.parameters["approval"] ?? "-")" } == [
                "DELETE /v1/nodes/{id} held -", "DELETE /v1/users/{id} done aa",
                "POST /v1/approvals/{id}/approve done -",
            ])
    }

    @Test(
        "An address is written in one way",
        arguments: [
            ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
            ("::ffff:0:1", "::ffff:0:1"),
        ])
    func addresses(text: String, plain: String) { #expect(Gate.plain(text) == plain) }

    @Test("What is exported is one JSON object a line")
    func export() async throws {
        try await Harness(control: FakeControl(), listener: Harness.local).run { requester in
            let reply = try await requester.send("GET", "/v1/audit/export")
            #expect(reply.headers[.contentType] == "application/x-ndjson")
            let lines = reply.body.split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 2 && reply.body.last == UInt8(ascii: "\n"))
            for line in lines { _ = try StrictJSON.decode(AuditEntry.self, from: Array(line)) }
        }
    }

    private final class Recorder: RequestForwarder {
        let notes = Mutex<[CallerNote]>([])

        func forward(_ request: ForwardedRequest, to peer: String) async throws -> RouteAnswer {
            notes.withLock { $0.append(request.caller) }
            return RouteAnswer(status: 204, contentType: nil, body: [])
        }
    }

    @Test("What is passed on says who it is, by which session, and is noted by the master alone")
    func forwarded() async throws {
        let control = FakeControl(failure: .notMaster(url: "https://m", peer: "https://m:7443"), users: Users.all)
        let recorder = Recorder()
        try await Harness(control: control, forwarder: recorder).run { requester in
            _ = try await requester.send(
                "DELETE", "/v1/nodes/0123456789abcdef", token: Users.session(.administrator).text)
            _ = try await requester.send("POST", "/v1/sessions", body: #"{"name":"a","password":"b"}"#)
        }
        let notes = recorder.notes.withLock { $0 }
        #expect(notes.map(\.kind) == [.user, .anonymous])
        #expect(notes.first?.user?.session == Users.session(.administrator).id)
        #expect(control.notes.isEmpty)
    }
}
