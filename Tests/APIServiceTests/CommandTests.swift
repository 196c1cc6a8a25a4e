import APIProtocol
import Commands
import FoundationEssentials
import Glibc
import Logging
import NIOPosix
import Primitives
import StreamProtocol
import Testing

@testable import APIService

/// The command line against the real server on a Unix socket: what each command asks of the cluster, and its exit code.
@Suite("Commands against the server", .serialized)
struct CommandTests {
    private static let folder = FileManager.default.temporaryDirectory.path + "/keelson-commands-\(getpid())"
    private static let id = FakeControl.node.text

    private func run(_ control: FakeControl, _ commands: [([String], Commands.ExitStatus)]) async throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        let socket = Self.folder + "/clusterd.sock"
        try await Serving.run(control, [.local(path: socket)]) { _ in
            for (arguments, status) in commands {
                let code = await KeelsonCommand.run(arguments: ["--socket", socket] + arguments)
                #expect(code == status.rawValue, "\(arguments)")
            }
        }
        try FileManager.default.removeItem(atPath: Self.folder)
    }

    @Test("Each command makes its call")
    func calls() async throws {
        let control = FakeControl()
        try await run(
            control,
            [
                (["status"], .done), (["status", "-o", "json", "--wait=5"], .done), (["nodes", "list"], .done),
                (["nodes", "pending"], .done), (["nodes", "approve", Self.id, "--code", "012345"], .done),
                (["nodes", "reject", Self.id], .done), (["nodes", "remove", Self.id, "--wait", "5"], .done),
                (["nodes", "replace", Self.id, FakeControl.other.text], .done),
                (["nodes", "token", "create", "--ttl", "1h", "--uses", "3"], .done),
                (["nodes", "token", "list"], .done), (["nodes", "token", "revoke", "0a"], .done),
                (["master", "switch", "--to", "n2"], .done), (["master", "show"], .done), (["vip", "show"], .done),
                (["vip", "set", "10.77.0.60/24"], .done), (["profile", "set", "calm"], .done),
                (["profile", "show"], .done), (["events", "--after", "7", "-n", "5"], .done), (["failovers"], .done),
                (["user-token", "create", "anna", "--role", "operator", "--ttl", "7d", "--group", "nodes"], .done),
                (["user-token", "list"], .done), (["user-token", "revoke", "0b"], .done), (["metrics"], .done),
                (["setup", "status"], .done), (["setup", "code"], .done), (["setup", "show"], .done),
                (["nodes", "rack", "--nodes", "3", "--minutes", "20"], .done), (["nodes", "rack"], .done),
                (["nodes", "rack", "--minutes", "20"], .usage), (["recovery-kit", "--language", "zh"], .done),
                (["recovery-kit", "--file", Self.folder + "/kit"], .done),
                (["nodes", "drain", Self.id], .done), (["nodes", "undrain", Self.id], .done),
                (["nodes", "locate", Self.id, "--seconds", "5"], .done),
                (["support-bundle", "-o", Self.folder + "/bundle.tar.gz"], .done),
                (["support-bundle", "--list"], .done), (["support-bundle"], .usage),
                (["jobs"], .done), (["jobs", "0a"], .done),
                (["notify", "list"], .done), (["notify", "remove", "ops"], .done), (["notify", "test", "ops"], .done),
                (["notify", "set", "ops", "--webhook", "https://example.com/", "--messages", "zh"], .done),
                (["notify", "set", "ops"], .usage), (["notify", "set", "ops", "--smtp", "m"], .usage),
            ])
        let who = "root on this machine: "
        #expect(
            control.calls
                == [
                    "status", "status", "nodes", "pendingNodes", "approve \(Self.id) 012345", "reject \(Self.id)",
                    "removeNode \(Self.id)", "nodes", "replaceNode \(Self.id) \(FakeControl.other)",
                    "createToken 3600 3", "tokens", "revokeToken 0a", "switchMaster n2", "status",
                    "changeConfiguration",
                    "changeConfiguration", "status", "events 7 5", "failovers 20", "createUserToken anna", "userTokens",
                    "revokeUserToken 0b", "status", "machines", "setupStatus", "setupCode", "setupDraft",
                    "changeRackMode 3 20",
                    "rackMode",
                    "recoveryKit zh", "recoveryKit en",
                    "drain \(Self.id)", "undrain \(Self.id)", "locate \(Self.id) 5",
                    "supportBundle", "supportBundleContents",
                    "jobs", "job 0a",
                    "notificationTargets", "deleteNotificationTarget ops", "testNotificationTarget ops",
                    "putNotificationTarget ops webhook",
                ].map { who + $0 })
    }

    @Test("Protected machines, by name and by identity", arguments: ["en", "zh"])
    func machines(language: String) async throws {
        let (name, id) = ("web1", FakeControl.machineID.description)
        let commands: [([String], Commands.ExitStatus)] = [
            (["machines"], .done), (["machines", "list", "-o", "json"], .done), (["machines", "show", name], .done),
            (["machines", "set", id, "--hold", "on", "--lag-target", "5s"], .done),
            (["machines", "set", id, "--retention", "soon"], .usage), (["machines", "show", "web2"], .refused),
            (["machines", "enrolment-token", id], .done),
            (["protect", "web1", "--volume", "root=20G", "--volume", "data=1T/4096", "--retention", "7d"], .done),
            (["protect", "web1", "--volume", "root"], .usage), (["protect", "web1"], .usage),
            (["protect", "web1", "--volume", "root=1G", "--rate", "08:00-25:00=10M"], .usage),
            (["pause", name], .done), (["resume", id], .done),
            (["points", id, "-n", "5", "--before", "2026-11-23T12:25:06.123Z"], .done),
            (["bookmark", id, "before it"], .done),
            (["bookmark", id, "--release", "--generation", "2", "--sequence", "9"], .done),
            (["export", id, "--bookmark", "before it", "--writable"], .done),
            (["export", id, "--list"], .done), (["export", id, "--end", "e1"], .done),
            (["export", id, "--at", "yesterday"], .usage), (["verify", id], .done),
            (["unprotect", id, "--delete-data"], .done),
        ]
        let control = FakeControl()
        try await run(control, commands.map { arguments, status in (arguments + ["--language", language], status) })
        let calls = [
            "machines", "nodes", "machines", "nodes", "machines", "nodes", "machine \(id)",
            "changeMachine \(id) 5 true", "machine \(id)", "machines", "machine \(id)", "renewEnrolment \(id)",
            #"protect web1 ["root=21474836480", "data=1099511627776"]"#, "machines", "setPaused \(id) true",
            "machine \(id)", "setPaused \(id) false", "machine \(id)", "points \(id) 2026-11-23T12:25:06.123Z 5",
            "machine \(id)", "bookmark \(id) before it", "machine \(id)", "releaseBookmark \(id) 2 9", "machine \(id)",
            #"export \#(id) bookmark("before it") true"#, "nodes", "machine \(id)", "exports \(id)", "machine \(id)",
            "withdrawExport \(id) e1", "machine \(id)", "verify \(id)", "machine \(id)", "unprotect \(id) true",
        ]
        #expect(control.calls == calls.map { "root on this machine: \($0)" })
    }

    @Test("A license is shown, checked, installed, removed and asked for", arguments: ["en", "zh"])
    func license(language: String) async throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        let file = Self.folder + "/a.license"
        try "a license\n".write(toFile: file, atomically: true, encoding: .utf8)
        let large = Self.folder + "/large.license"
        try String(repeating: "a", count: 65_537).write(toFile: large, atomically: true, encoding: .utf8)
        let control = FakeControl()
        let commands: [([String], Commands.ExitStatus)] = [
            (["license", "status"], .done), (["license", "status", "-o", "json"], .done),
            (["license", "inspect", file], .done), (["license", "install", file], .done),
            (["license", "install", large], .refused), (["license", "install", "/nowhere"], .usage),
            (["license", "remove"], .done), (["license", "request"], .done),
        ]
        try await run(control, commands.map { arguments, status in (arguments + ["--language", language], status) })
        let calls = [
            "license", "license", "inspectLicense 10", "installLicense 10", "removeLicense", "licenseRequest",
        ]
        #expect(control.calls == calls.map { "root on this machine: \($0)" })
    }

    @Test("A founder's license lies beside the answer file")
    func setupWithLicense() async throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        let answer = Self.folder + "/founder.toml"
        let text = """
            [cluster]
            name = "demo"
            vip = ["10.77.0.50/24"]
            gateway = "10.77.0.1"
            [license]
            file = "demo.license"
            """
        try text.write(toFile: answer, atomically: true, encoding: .utf8)
        try "a license\n".write(toFile: Self.folder + "/demo.license", atomically: true, encoding: .utf8)
        let control = FakeControl()
        try await run(control, [(["setup", "apply", answer], .done)])
        #expect(control.calls == ["root on this machine: setup a license\n"])
    }

    @Test("Commands about users take passwords from files")
    func access() async throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        let file = Self.folder + "/password"
        try "a long enough phrase\n".write(toFile: file, atomically: true, encoding: .utf8)
        let control = FakeControl()
        try await run(
            control,
            [
                (["users", "list"], .done),
                (["users", "add", "bert", "--role", "operator", "--password-file", file], .done),
                (["users", "change", "ANNA", "--role", "viewer", "--disable"], .done),
                (["users", "change", "anna", "--password-file", file], .done),
                (["users", "change", "anna"], .usage), (["users", "change", "nobody", "--enable"], .refused),
                (["users", "add", "bert", "--password", "x"], .usage),
                (["users", "remove", "anna"], .done), (["users", "reset-second-factor", "anna"], .done),
                (["session", "list"], .done), (["session", "end", "0a"], .done), (["audit", "list", "-n", "5"], .done),
                (["audit", "list", "--after", "7"], .done), (["audit", "export"], .done),
                (["audit", "verify"], .done), (["approvals", "list"], .done), (["approvals", "approve", "aa"], .done),
                (["approvals", "reject", "aa"], .done), (["security", "show"], .done),
                (["security", "set", "--four-eyes", "on"], .done),
            ])
        let (who, id) = ("root on this machine: ", FakeControl.user.id)
        #expect(
            control.calls
                == [
                    "users", "createUser bert operator", "users", "changeUser \(id)", "users", "changeUser \(id)",
                    "users", "users", "removeUser \(id)", "users", "resetSecondFactor \(id)", "sessions",
                    "endSession 0a", "audit - 5", "audit 7 50", "audit 0 \(Int.max)", "verifyAudit", "approvals",
                    "claimApproval aa", "removeUser \(id)", "closeApproval aa", "rejectApproval aa", "security",
                    "security", "changeSecurity true",
                ].map { who + $0 })
    }

    @Test("What waits for approval is told as such")
    func held() async throws {
        let control = FakeControl(holds: "aa")
        try await run(
            control, [(["users", "remove", "anna"], .done), (["security", "set", "--four-eyes", "off"], .done)])
        #expect(control.calls.count { $0.contains("hold ") } == 2)
        #expect(!control.calls.contains { $0.contains("removeUser") || $0.contains("changeSecurity") })
    }

    @Test("Setup reads the answer file, and waits until it is done")
    func setup() async throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        let good = Self.folder + "/good.toml"
        let bad = Self.folder + "/bad.toml"
        let text = "[cluster]\nname = \"demo\"\nvip = [\"10.77.0.50/24\"]\ngateway = \"10.77.0.1\"\n"
        try text.write(toFile: good, atomically: true, encoding: .utf8)
        try (text + "porfile = \"fast\"\n").write(toFile: bad, atomically: true, encoding: .utf8)
        let control = FakeControl()
        try await run(
            control,
            [(["setup", "apply", bad, "--wait"], .usage), (["setup", "apply", good, "--wait"], .done)])
        #expect(control.calls == ["root on this machine: setup", "root on this machine: setupStatus"])
    }

    @Test(
        "What the cluster says becomes the exit code",
        arguments: [
            (APIErrorCode.vipInUse, Commands.ExitStatus.refused), (.noQuorum, .failed), (.timedOut, .timedOut),
            (.notMaster, .refused), (.joinTokenExpired, .refused),
        ])
    func refusals(code: APIErrorCode, status: Commands.ExitStatus) async throws {
        try await run(FakeControl(failure: APIError(code)), [(["profile", "set", "fast"], status)])
    }
}
