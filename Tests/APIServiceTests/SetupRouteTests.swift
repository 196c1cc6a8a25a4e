import APIProtocol
import HTTPTypes
import Testing

@testable import APIService

@Suite("Routes of the setup")
struct SetupRouteTests {
    private let admin = Users.token(.administrator).text

    @Test("The code is for root on the machine only, whatever role somebody has")
    func code() async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            let reply = try await requester.send("GET", "/v1/setup/code", token: admin)
            #expect(reply.status == 403 && reply.error?.code == .forbidden)
        }
        #expect(control.calls.isEmpty)
        try await Harness(control: control, listener: Harness.local).run { requester in
            let reply = try await requester.send("GET", "/v1/setup/code")
            #expect(reply.status == 200)
        }
        #expect(control.calls == ["root on this machine: setupCode"])
    }

    @Test("A session is opened without a token; a wrong code is 401 and says how many tries are left")
    func session() async throws {
        try await Harness(control: FakeControl()).run { requester in
            let reply = try await requester.send("POST", "/v1/setup/session", body: #"{"code":"7k2mqx94"}"#)
            #expect(reply.status == 201)
        }
        let error = APIError(.setupCodeWrong, field: "code", ["left": "9"])
        try await Harness(control: FakeControl(failure: error)).run { requester in
            let reply = try await requester.send("POST", "/v1/setup/session", body: #"{"code":"x"}"#)
            #expect(reply.status == 401 && reply.error?.parameters["left"] == "9")
        }
    }

    @Test(
        "Wrong bodies are refused before anything is asked",
        arguments: [
            ("PUT", "/v1/setup/draft", #"{"revision":1}"#, "language"),
            ("PUT", "/v1/setup/draft", #"{"language":"en"}"#, "revision"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"language":"de"}"#, "language"),
            (
                "PUT", "/v1/setup/draft", #"{"revision":1,"administrator":{"name":"a","password":"short"}}"#,
                "administrator.password"
            ),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"license":{}}"#, "license.text"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"license":{"trial":false}}"#, "license.trial"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"license":{"text":"x","trial":true}}"#, "license.trial"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"cluster":{"name":"a b"}}"#, "cluster.name"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"cluster":{"name":"a","ntp":["x","a b"]}}"#, "cluster.ntp[1]"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"cluster":{"name":"a","timeZone":"../x"}}"#, "cluster.timeZone"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"network":{"vip":[]}}"#, "network.vip"),
            ("PUT", "/v1/setup/draft", #"{"revision":1,"network":{"vip":["10.77.0.255/24"]}}"#, "network.vip"),
            (
                "PUT", "/v1/setup/draft", #"{"revision":1,"network":{"vip":["10.77.0.5/24"],"gateway":"10.77.0.5"}}"#,
                "network.gateway"
            ),
            ("POST", "/v1/setup/checks", "{}", "vip"),
            ("POST", "/v1/setup/checks", #"{"dns":["10.0.0.1","10.0.0.1"]}"#, "dns"),
            ("POST", "/v1/setup/start", #"{"now":true}"#, "now"),
            ("PUT", "/v1/rack-mode", #"{"nodes":65}"#, "nodes"),
            ("PUT", "/v1/rack-mode", #"{"nodes":1,"minutes":0}"#, "minutes"),
        ])
    func wrong(method: String, path: String, body: String, field: String) async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            let reply = try await requester.send(method, path, token: admin, body: body)
            #expect(
                (400..<500).contains(reply.status) && reply.error?.field == field, "\(String(describing: reply.error))")
        }
        #expect(control.calls.isEmpty)
    }

    @Test("Each route makes its call")
    func calls() async throws {
        let control = FakeControl(users: Users.all)
        try await Harness(control: control).run { requester in
            func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> Int {
                try await requester.send(method, path, token: admin, body: body).status
            }
            #expect(try await send("GET", "/v1/setup/draft") == 200)
            #expect(try await send("PUT", "/v1/setup/draft", #"{"revision":3,"nodesConfirmed":true}"#) == 200)
            #expect(try await send("POST", "/v1/setup/checks", #"{"vip":["10.77.0.50/24"]}"#) == 200)
            #expect(try await send("POST", "/v1/setup/start", "{}") == 202)
            #expect(try await send("GET", "/v1/rack-mode") == 200)
            #expect(try await send("PUT", "/v1/rack-mode", #"{"nodes":0}"#) == 200)
            #expect(try await send("GET", "/v1/recovery-kit?language=de") == 400)
            let kit = try await requester.send("GET", "/v1/recovery-kit?language=zh", token: admin)
            #expect(kit.headers[.contentType] == "text/plain; charset=utf-8" && kit.body == Array("kit\n".utf8))
        }
        let who = "a-administrator: "
        #expect(
            control.calls
                == [
                    "setupDraft", "changeSetupDraft 3", "checkNetwork", "startSetup", "rackMode", "changeRackMode 0 0",
                    "recoveryKit zh",
                ].map { who + $0 })
    }
}
