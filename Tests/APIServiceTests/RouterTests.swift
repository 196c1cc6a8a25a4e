import APIProtocol
import HTTPTypes
import Primitives
import Synchronization
import Testing

@testable import APIService

@Suite("Routes over the real router")
struct RouterTests {
    private static let admin = Users.token(.administrator).text

    @Test("root on the socket may do everything but what members do", arguments: Endpoint.all)
    func local(endpoint: Endpoint) async throws {
        try await Harness(control: FakeControl(), listener: Harness.local).run { requester in
            let reply = try await requester.send(endpoint.method.rawValue, endpoint.path(["0123456789abcdef"]))
            #expect((reply.error?.code == .forbidden) == (endpoint.access == .node))
            #expect(reply.status != 401)
        }
    }

    @Test("Calls arrive whole, with who asked")
    func calls() async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            let id = "0123456789abcdef"
            let wishes: [(String, String, String?, Int)] = [
                ("GET", "/v1/events?after=7&limit=3", nil, 200), ("GET", "/v1/events", nil, 200),
                ("POST", "/v1/master/switch", #"{"to":"n2"}"#, 200), ("POST", "/v1/master/switch", "{}", 200),
                ("POST", "/v1/nodes/pending/\(id)/approve", #"{"code":"123456"}"#, 204),
                ("DELETE", "/v1/nodes/\(id)", nil, 204), ("POST", "/v1/tokens", "{}", 201),
                ("POST", "/v1/nodes/\(id)/replace", #"{"by":"1123456789abcdef"}"#, 204),
                ("DELETE", "/v1/tokens/0a1b", nil, 204),
            ]
            for (method, path, body, status) in wishes {
                let reply = try await requester.send(method, path, token: Self.admin, body: body)
                #expect(reply.status == status, "\(method) \(path): \(reply.error?.message ?? "")")
            }
        }
        #expect(
            control.calls == [
                "a-administrator: events 7 3", "a-administrator: events - 100", "a-administrator: switchMaster n2",
                "a-administrator: switchMaster -", "a-administrator: approve 0123456789abcdef 123456",
                "a-administrator: removeNode 0123456789abcdef", "a-administrator: createToken 86400 1",
                "a-administrator: replaceNode 0123456789abcdef 1123456789abcdef", "a-administrator: revokeToken 0a1b",
            ])
    }

    @Test(
        "Bad requests name what is wrong and do nothing",
        arguments: [
            (
                "POST", "/v1/setup", #"{"cluster":{"name":"a","vip":["10.0.0.5/24"],"vpi":1}}"#, 400,
                APIErrorCode.unknownField, "cluster.vpi"
            ),
            ("POST", "/v1/setup", "{}", 400, .missingField, "cluster"),
            ("POST", "/v1/setup", "nonsense", 400, .malformed, nil),
            ("POST", "/v1/tokens", #"{"uses":0}"#, 400, .invalidValue, "uses"),
            ("POST", "/v1/tokens", #"{"ttlSeconds":86401}"#, 400, .invalidValue, "ttlSeconds"),
            ("GET", "/v1/events?limit=0", nil, 400, .invalidValue, "limit"),
            ("GET", "/v1/events?afer=1", nil, 400, .unknownField, "afer"),
            ("GET", "/v1/events?after=1&after=2", nil, 400, .duplicateField, "after"),
            ("DELETE", "/v1/nodes/n2", nil, 404, .unknownNode, nil),
            ("GET", "/v1/nothing", nil, 404, .notFound, nil),
            ("DELETE", "/v1/status", nil, 405, .methodNotAllowed, nil),
            ("PUT", "/v1/configuration", "{}", 400, .missingField, "vip"),
        ] as [(String, String, String?, Int, APIErrorCode, String?)])
    func bad(
        method: String, path: String, body: String?, status: Int, code: APIErrorCode, field: String?
    ) async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            let reply = try await requester.send(method, path, token: Self.admin, body: body)
            #expect(reply.status == status)
            #expect(reply.error?.code == code)
            #expect(reply.error?.field == field)
        }
        #expect(control.calls.isEmpty)
    }

    @Test("Large bodies and other media are refused")
    func bodies() async throws {
        try await Harness(control: FakeControl(), listener: Harness.local).run { requester in
            let large = #"{"to":""# + String(repeating: "a", count: Endpoint.switchMaster.bodyLimit) + #""}"#
            #expect(try await requester.send("POST", "/v1/master/switch", body: large).status == 413)
            let form = try await requester.send(
                "POST", "/v1/master/switch", type: "application/x-www-form-urlencoded", body: "a=b")
            #expect(form.error?.code == .unsupportedMedia)
            let charset = try await requester.send(
                "POST", "/v1/master/switch", type: "application/json; charset=utf-8", body: "{}")
            #expect(charset.status == 200)
        }
    }

    @Test("A license of the longest size is sent whole, a longer one is refused as a license")
    func licenses() async throws {
        let control = FakeControl()
        try await Harness(control: control, listener: Harness.local).run { requester in
            for (method, path) in [("PUT", "/v1/license"), ("POST", "/v1/license/inspect")] {
                let longest = #"{"text":""# + String(repeating: #"\n"#, count: 65_536) + #""}"#
                #expect(try await requester.send(method, path, body: longest).status == 200)
                let longer = #"{"text":""# + String(repeating: "a", count: 65_537) + #""}"#
                let refused = try await requester.send(method, path, body: longer)
                #expect(refused.status == 422)
                #expect(refused.error?.parameters["problem.key"] == "license.tooLarge")
                let endless = #"{"text":""# + String(repeating: "a", count: 3 * 65_536) + #""}"#
                #expect(try await requester.send(method, path, body: endless).status == 413)
                let doubled = try await requester.send(method, path, body: #"{"text":"a","text":"b"}"#)
                #expect(doubled.error?.code == .duplicateField)
            }
            let request = try await requester.send("GET", "/v1/license/request")
            #expect(request.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(request.body == Array("{}\n".utf8))
        }
        #expect(
            control.calls.map { $0.split(separator: ": ")[1] } == [
                "installLicense 65536", "inspectLicense 65536", "licenseRequest",
            ])
    }

    @Test("The cluster's errors keep their status and their parameters")
    func errors() async throws {
        let failure = APIError(.vipInUse, field: "cluster.vip", ["address": "10.0.0.5", "mac": "02:00"])
        try await Harness(control: FakeControl(failure: failure), listener: Harness.local).run { requester in
            let reply = try await requester.send(
                "POST", "/v1/setup", body: #"{"cluster":{"name":"a","vip":["10.0.0.5/24"]}}"#)
            #expect(reply.status == 409)
            #expect(reply.error == failure)
            let health = try await requester.send("GET", "/v1/health")
            #expect(health.status == 503)
            #expect(try StrictJSON.decode(Health.self, from: health.body).problems == [failure.message])
        }
    }

    @Test("After ten refused tokens an address waits")
    func attempts() async throws {
        let clock = Mutex(Instant(nanoseconds: 0))
        let harness = Harness(control: FakeControl(users: Users.all), now: { clock.withLock { $0 } })
        try await harness.run { requester in
            for attempt in 0..<10 {
                let token = attempt % 2 == 0 ? "ku1.00000000.\(String(repeating: "f", count: 32))" : "rubbish"
                let reply = try await requester.send("GET", "/v1/status", token: token)
                #expect(reply.error?.code == .tokenRefused)
                #expect(reply.headers[.wwwAuthenticate] == "Bearer")
            }
            let waiting = try await requester.send("GET", "/v1/status", token: Self.admin)
            #expect(waiting.status == 429)
            #expect(waiting.headers[.retryAfter] == "60")
            #expect(try await requester.send("GET", "/v1/master").status == 200)
            clock.withLock { $0 = $0 + .seconds(61) }
            #expect(try await requester.send("GET", "/v1/status", token: Self.admin).status == 200)
        }
    }

    @Test("Metrics are Prometheus text of the program and the cluster")
    func metrics() async throws {
        try await Harness(control: FakeControl(), listener: Harness.local).run { requester in
            let reply = try await requester.send("GET", "/metrics")
            let text = String(decoding: reply.body, as: UTF8.self)
            #expect(reply.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(text.contains("own_metric 1\n"))
            #expect(text.contains("keelson_is_master 1\n"))
        }
    }

    private struct Recorder: RequestForwarder {
        func forward(_ request: ForwardedRequest, to peer: String) async throws -> RouteAnswer {
            let text =
                "\(request.caller.user?.name ?? "-") \(request.method) \(peer)\(request.path) \(request.body.count)"
            return RouteAnswer(status: 200, contentType: "text/plain", body: Array(text.utf8))
        }
    }

    @Test("What needs the master is passed on to it, or its URL is told")
    func forwarding() async throws {
        let control = FakeControl(failure: .notMaster(url: "https://m", peer: "https://m:7443"), users: Users.all)
        try await Harness(control: control, forwarder: Recorder()).run { requester in
            let reply = try await requester.send(
                "POST", "/v1/master/switch", token: Self.admin, body: #"{"to":"n2"}"#)
            #expect(
                String(decoding: reply.body, as: UTF8.self)
                    == "a-administrator POST https://m:7443/v1/master/switch 11")
        }
        try await Harness(control: control).run { requester in
            let reply = try await requester.send("POST", "/v1/master/switch", token: Self.admin, body: "{}")
            #expect(reply.status == 421)
            #expect(reply.error?.parameters["url"] == "https://m")
        }
    }
}
