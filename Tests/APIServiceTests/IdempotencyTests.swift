import APIProtocol
import HTTPTypes
import Testing

@testable import APIService

@Suite("Requests that are sent again, and jobs")
struct IdempotencyTests {
    private static let removal = "/v1/nodes/0123456789abcdef"

    @Test("The same key gives the first answer and does nothing twice; another request is told so")
    func again() async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            let admin = Users.token(.administrator).text
            func create(_ body: String, key: String) async throws -> Reply {
                try await requester.send(
                    "POST", "/v1/tokens", token: admin, body: body, extra: [RequestManner.idempotencyKey: key])
            }
            let first = try await create("{}", key: "k-1")
            let second = try await create("{}", key: "k-1")
            #expect(first.status == 201 && second.status == 201 && first.body == second.body)
            #expect(second.headers[.contentType] == first.headers[.contentType])
            let other = try await create(#"{"uses":2}"#, key: "k-1")
            #expect(other.status == 422 && other.error?.code == .idempotencyMismatch)
            #expect(try await create("{}", key: "k-2").status == 201)
            #expect(try await create("{}", key: "").error?.field == "Idempotency-Key")
            #expect(try await create("{}", key: String(repeating: "k", count: 129)).error?.code == .invalidValue)
        }
        #expect(control.calls.count == 2)
    }

    @Test("Callers do not see each other's keys")
    func callers() async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            for role in [UserRole.operator, .administrator] {
                let reply = try await requester.send(
                    "POST", Self.removal + "/drain", token: Users.token(role).text,
                    extra: [RequestManner.idempotencyKey: "k"])
                #expect(reply.status == 204)
            }
        }
        #expect(control.calls.count == 2)
    }

    @Test(
        "What was refused may be asked again; what may have been done may not",
        arguments: [
            (APIErrorCode.lastVoter, 2), (.noQuorum, 2), (.timedOut, 1),
        ])
    func refusals(code: APIErrorCode, calls: Int) async throws {
        let control = FakeControl(failure: APIError(code))
        try await Harness(control: control, listener: Harness.local).run { requester in
            for _ in 1...2 {
                let reply = try await requester.send(
                    "DELETE", Self.removal, extra: [RequestManner.idempotencyKey: "k"])
                #expect(reply.error?.code == code)
            }
        }
        #expect(control.calls.count == calls)
    }

    @Test("Reading has no keys; a key that is begun and not ended is told")
    func unfinished() async throws {
        let control = FakeControl()
        _ = try await control.claim(
            IdempotentRequest(
                caller: "root on this machine", key: "k", method: "DELETE", path: Self.removal, body: []))
        try await Harness(control: control, listener: Harness.local).run { requester in
            let extra = [RequestManner.idempotencyKey: "k"]
            #expect(try await requester.send("GET", "/v1/nodes", extra: extra).status == 200)
            let reply = try await requester.send("DELETE", Self.removal, extra: extra)
            #expect(reply.status == 409 && reply.error?.code == .idempotencyUnfinished)
        }
    }

    @Test(
        "Who prefers not to wait gets the job",
        arguments: [
            ("POST", "/v1/master/switch", #"{"to":"n2"}"#), ("DELETE", removal, nil),
            ("POST", removal + "/replace", #"{"by":"1123456789abcdef"}"#),
            ("POST", "/v1/nodes/pending/0123456789abcdef/approve", #"{"code":"123456"}"#),
        ])
    func asynchronous(method: String, path: String, body: String?) async throws {
        let control = FakeControl()
        try await Harness(control: control, listener: Harness.local).run { requester in
            let reply = try await requester.send(
                method, path, body: body, extra: [RequestManner.prefer: "wait=10, respond-async"])
            #expect(reply.status == 202)
            #expect(try StrictJSON.decode(Job.self, from: reply.body) == FakeControl.job)
        }
        #expect(control.calls.count == 1 && control.calls.first?.contains("start ") == true)
    }

    @Test("A drained master hands over after the answer, when its end is not waited for", arguments: [true, false])
    func drain(waits: Bool) async throws {
        let control = FakeControl()
        try await Harness(control: control, listener: Harness.local).run { requester in
            let reply = try await requester.send(
                "POST", Self.removal + "/drain", extra: waits ? [:] : [RequestManner.prefer: "respond-async"])
            #expect(reply.status == 204)
        }
        #expect(control.calls.first?.hasSuffix(" later") == !waits)
    }
}
