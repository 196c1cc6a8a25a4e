import APIProtocol
import AlarmCore
import Primitives
import Testing
import Texts

@testable import Commands

@Suite("Command line")
struct ArgumentTests {
    @Test(
        "Global options may stand first, and --wait needs no value",
        arguments: [
            (["--socket", "/s", "status"], ["status", "--socket", "/s"]),
            (
                ["--server=https://a", "-o", "json", "nodes", "list"],
                ["nodes", "list", "--server=https://a", "-o", "json"]
            ),
            (["setup", "apply", "--wait", "FILE"], ["setup", "apply", "--wait=120", "FILE"]),
            (["setup", "apply", "FILE", "--wait", "30"], ["setup", "apply", "FILE", "--wait", "30"]),
            (["--wait", "5", "status"], ["status", "--wait", "5"]),
            (["status", "--wait"], ["status", "--wait=120"]),
            (["--socket"], ["--socket"]),
            ([], []),
        ])
    func arranged(given: [String], expected: [String]) {
        #expect(Arguments.arranged(given) == expected)
    }

    @Test(
        "Exit codes",
        arguments: [
            (["status", "--socket", "/nonexistent/socket"], Commands.ExitStatus.unreachable), (["nonsense"], .usage),
            (["setup", "apply", "/nonexistent/file"], .usage), (["status", "--token", "x"], .usage),
            (["status", "--server", "http://10.0.0.1"], .usage), (["--version"], .done), (["nodes", "--help"], .done),
            (["status", "--wait=1", "--socket", "/nonexistent/socket"], .timedOut),
        ])
    func exits(arguments: [String], status: Commands.ExitStatus) async {
        #expect(await KeelsonCommand.run(arguments: arguments) == status.rawValue)
    }

    @Test("Every error code has its exit code", arguments: APIErrorCode.allCases)
    func statuses(code: APIErrorCode) {
        #expect([.failed, .unreachable, .refused, .timedOut].contains(Commands.ExitStatus.of(APIError(code))))
    }

    @Test(
        "Times",
        arguments: [
            ("90", 90), ("90s", 90), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800), ("x", nil), ("", nil),
            ("-1h", nil), ("h", nil), ("99999999999999999d", nil),
        ])
    func durations(text: String, seconds: Int?) {
        #expect(Figures.seconds(text) == seconds)
    }

    @Test("Paths are escaped for URLs")
    func escaped() {
        #expect(APIClient.escaped("/run/a b/ä.sock") == "%2Frun%2Fa%20b%2F%C3%A4.sock")
    }
}

@Suite("What people see")
struct ViewTests {
    @Test("Columns line up, also in Chinese")
    func table() {
        #expect(
            Table.lines(header: ["名称", "B"], rows: [["a", "b"], ["abcdef", "c"]])
                == ["名称    B", "a       b", "abcdef  c"])
    }

    @Test("Numbers are short")
    func figures() {
        #expect(Figures.bytes(1_023) == "1023 B")
        #expect(Figures.bytes(1_536) == "1.5 KiB")
        #expect(Figures.bytes(4 << 30) == "4.0 GiB")
        #expect(Figures.decimal(-0.04) == "0.0")
        #expect(Figures.decimal(-12.36) == "-12.4")
        #expect(Figures.decimal(.infinity) == "inf")
    }

    @Test("Every word that is printed by a case of a type is in the catalogue")
    func words() {
        let keys =
            Stage.allCases.map { "stage.\($0.rawValue)" } + NodeState.allCases.map { "state.\($0.rawValue)" }
            + FailoverCause.allCases.map { "cause.\($0.rawValue)" } + EventLevel.allCases.map { "level.\($0.rawValue)" }
            + UserRole.allCases.map { "userRole.\($0.rawValue)" }
            + AuditReport.Reason.allCases.map { "auditReason.\($0.rawValue)" }
            + [AuditNote.done, AuditNote.held].map { "auditOutcome.\($0)" }
            + Endpoint.all.filter(\.isAudited).map { "auditAction.\($0.action)" }
            + PhaseState.allCases.map { "phaseState.\($0.rawValue)" }
            + MachineState.allCases.map { "machineState.\($0.rawValue)" }
            + Alarm.allCases.flatMap { ["alarm.\($0.rawValue)", "judgement.machine.\($0.rawValue)"] }
            + JobKind.allCases.map { "job.\($0.rawValue)" } + JobState.allCases.map { "jobState.\($0.rawValue)" }
            + ["checks", "approval", "identity", "restart", "service"].map { "phase.\($0)" }
        for key in keys { #expect(Catalogue.keys.contains(key), "\(key)") }
    }
}
