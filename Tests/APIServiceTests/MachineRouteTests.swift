import APIProtocol
import CaptureProtocol
import HTTPTypes
import Primitives
import StreamProtocol
import Testing

@testable import APIService

@Suite("Routes of protected machines")
struct MachineRouteTests {
    private static let id = FakeControl.machineID.description
    private static let path = "/v1/machines/\(id)"
    private static let csr = "-----BEGIN CERTIFICATE REQUEST-----\\n"

    /// Method, path, body, status, call.
    private static let calls: [(String, String, String?, Int, String)] = [
        ("GET", "/v1/machines", nil, 200, "machines"), ("GET", path, nil, 200, "machine \(id)"),
        (
            "POST", "/v1/machines", #"{"name":"web1","volumes":[{"name":"root","sizeBytes":1024}]}"#, 201,
            #"protect web1 ["root=1024"]"#
        ),
        ("PUT", path, #"{"lagTargetSeconds":5,"hold":true}"#, 200, "changeMachine \(id) 5 true"),
        ("POST", path + "/pause", nil, 204, "setPaused \(id) true"),
        ("POST", path + "/resume", nil, 204, "setPaused \(id) false"),
        ("GET", path + "/points", nil, 200, "points \(id) - 100"),
        (
            "GET", path + "/points?before=2026-11-23T12:25:06.123Z&limit=7", nil, 200,
            "points \(id) 2026-11-23T12:25:06.123Z 7"
        ),
        ("POST", path + "/bookmarks", #"{"text":"before"}"#, 204, "bookmark \(id) before"),
        ("DELETE", path + "/bookmarks", #"{"generation":2,"sequence":9}"#, 204, "releaseBookmark \(id) 2 9"),
        ("GET", path + "/exports", nil, 200, "exports \(id)"),
        ("POST", path + "/exports", "{}", 201, "export \(id) newest false"),
        (
            "POST", path + "/exports", #"{"bookmark":"b","writable":true}"#, 201, #"export \#(id) bookmark("b") true"#
        ),
        ("DELETE", path + "/exports/e1", nil, 204, "withdrawExport \(id) e1"),
        ("POST", path + "/verifications", nil, 202, "verify \(id)"),
        ("POST", path + "/enrolment-token", nil, 201, "renewEnrolment \(id)"),
        ("POST", path + "/enrolment", #"{"token":"ke1.x","csr":"\#(csr)"}"#, 200, "enrol \(id)"),
        ("DELETE", path, nil, 204, "unprotect \(id) false"),
        ("DELETE", path, #"{"deleteData":true}"#, 204, "unprotect \(id) true"),
        ("GET", path + "/assignment", nil, 200, "assignment \(id)"),
        ("POST", path + "/certificate", #"{"csr":"\#(csr)"}"#, 200, "renewSourceCertificate \(id)"),
    ]

    @Test("Each route makes its call", arguments: calls.indices)
    func routes(index: Int) async throws {
        let (method, path, body, status, call) = Self.calls[index]
        let control = FakeControl()
        try await Harness(control: control, listener: Harness.local).run { requester in
            let reply = try await requester.send(method, path, body: body)
            #expect(reply.status == status, "\(reply.error?.message ?? "")")
            #expect(control.calls == ["root on this machine: \(call)"])
        }
    }

    @Test(
        "What is wrong is named",
        arguments: [
            (#"{"name":"a b","volumes":[{"name":"r","sizeBytes":512}]}"#, "name"),
            (#"{"name":"a","volumes":[]}"#, "volumes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512},{"name":"r","sizeBytes":512}]}"#, "volumes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":1000}]}"#, "volumes[0].sizeBytes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":0}]}"#, "volumes[0].sizeBytes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":-512}]}"#, "volumes[0].sizeBytes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":70368744178176}]}"#, "volumes[0].sizeBytes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512,"blockSize":1024}]}"#, "volumes[0].blockSize"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512,"blockSize":4096}]}"#, "volumes[0].sizeBytes"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512}],"lagTargetSeconds":0}"#, "lagTargetSeconds"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512}],"retentionSeconds":59}"#, "retentionSeconds"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512}],"level":"both"}"#, "level"),
            (#"{"name":"a","volumes":[{"name":"r","sizeBytes":512}],"colour":"red"}"#, "colour"),
            (
                #"{"name":"a","volumes":[{"name":"r","sizeBytes":512}],"limits":[{"fromMinute":0,"toMinute":1440,"#
                    + #""days":[],"bytesPerSecond":4096}]}"#, "limits[0].toMinute"
            ),
            (
                #"{"name":"a","volumes":[{"name":"r","sizeBytes":512}],"limits":[{"fromMinute":0,"toMinute":1,"#
                    + #""days":[8],"bytesPerSecond":4096}]}"#, "limits[0].days"
            ),
        ])
    func refused(body: String, field: String) async throws {
        let control = FakeControl()
        try await Harness(control: control, listener: Harness.local).run { requester in
            let reply = try await requester.send("POST", "/v1/machines", body: body)
            #expect(reply.status == 400 && reply.error?.field == field, "\(reply.error?.message ?? "")")
            #expect(control.calls.isEmpty)
        }
    }

    @Test("So is what is wrong elsewhere")
    func refusedElsewhere() async throws {
        let long = String(repeating: "a", count: 201)
        let wrong: [(String, String, String?, String?)] = [
            ("POST", Self.path + "/bookmarks", #"{"text":""}"#, "text"),
            ("DELETE", Self.path + "/bookmarks", #"{"generation":2}"#, "sequence"),
            ("POST", Self.path + "/bookmarks", #"{"text":"\#(long)"}"#, "text"),
            ("POST", Self.path + "/exports", #"{"generation":1}"#, "sequence"),
            ("POST", Self.path + "/exports", #"{"bookmark":"a","at":"2026-11-23T12:25:06.123Z"}"#, "bookmark"),
            ("GET", Self.path + "/points?before=yesterday", nil, "before"),
            ("GET", Self.path + "/points?limit=1001", nil, "limit"), ("PUT", Self.path, "{}", "level"),
        ]
        let control = FakeControl()
        try await Harness(control: control, listener: Harness.local).run { requester in
            for (method, path, body, field) in wrong {
                let reply = try await requester.send(method, path, body: body)
                #expect(reply.status == 400 && reply.error?.field == field, "\(path): \(reply.error?.message ?? "")")
            }
            let missing = try await requester.send("GET", "/v1/machines/web1")
            #expect(missing.status == 404 && missing.error?.code == .unknownMachine)
            #expect(control.calls.isEmpty)
        }
    }

    @Test("A machine's token reads its own assignment, and nothing else anywhere", arguments: Endpoint.all)
    func machineToken(endpoint: Endpoint) async throws {
        let control = FakeControl(users: Users.all)
        let token = FakeControl.machineToken.text
        try await Harness(control: control).run { requester in
            let own = try await requester.send(endpoint.method.rawValue, endpoint.path([Self.id]), token: token)
            switch endpoint.access {
            case .open: return
            case .machine:
                #expect(own.error?.code != .forbidden && own.error?.code != .tokenRefused)
                let other = try await requester.send(
                    endpoint.method.rawValue, endpoint.path(["ff" + Self.id.dropFirst(2)]), token: token)
                #expect(other.status == 403)
            case .user: #expect(own.status == 401 && own.error?.code == .tokenRefused)
            case .node, .local: #expect(own.status == 403)
            }
            #expect(control.calls.allSatisfy { $0.contains("assignment \(Self.id)") })
        }
    }

    @Test("Figures for Prometheus, one line for each machine")
    func metrics() async throws {
        try await Harness(control: FakeControl(), listener: Harness.local).run { requester in
            let reply = try await requester.send("GET", "/metrics")
            let text = String(decoding: reply.body, as: UTF8.self)
            let labels = #"{machine="\#(Self.id)",name="web1"}"#
            for line in [
                "keelson_machine_lag_seconds\(labels) 0.2", "keelson_machine_behind_bytes\(labels) 4096",
                "keelson_machine_journal_bytes\(labels) 1048576", "keelson_machine_alarms\(labels) 1",
            ] {
                #expect(text.contains(line), "\(line)")
            }
        }
    }

    @Test("Four eyes see the end of a protection, with what is to be deleted")
    func held() async throws {
        let control = FakeControl(users: Users.all, holds: "aa")
        try await Harness(control: control).run { requester in
            let reply = try await requester.send(
                "DELETE", Self.path, token: Users.session(.administrator).text, body: #"{"deleteData":true}"#)
            #expect(reply.status == 202)
            #expect(!control.calls.contains { $0.contains("unprotect") })
            #expect(control.notes.first?.parameters["deleteData"] == "true")
        }
    }
}
