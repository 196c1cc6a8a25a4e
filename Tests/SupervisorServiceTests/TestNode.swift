import ConfigurationCore
import Glibc
import Linux
import Logging
import Primitives
import SupervisorCore
import SupervisorProtocol
import Testing

@testable import SupervisorService

/// A node in a folder of its own, with shell scripts for daemons. The test answers the health checks itself.
final class TestNode {
    let folder: String
    let configuration: NodeConfiguration
    private(set) var thread: OwnedThread?
    let result = RunResult()

    /// What became of `Supervisor.run`.
    final class RunResult: @unchecked Sendable {
        var failure: String?
    }

    static let script = "exec sleep 1000"

    init(vipd: String = script, clusterd: String = script) throws {
        var template = Array("/tmp/keelson-supervisor-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SystemError(operation: "make", subject: "a folder", errno: errno)
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        configuration = NodeConfiguration(
            name: "n1", interface: "lo", address: Subnet("10.77.0.11/24")!, data: folder + "/data",
            run: folder + "/run", programs: folder)
        for (name, body) in [
            ("vipd", vipd), ("clusterd", clusterd), ("licensed", Self.script), ("captured", Self.script),
            ("consoled", Self.script),
        ] {
            try write(script: body, for: name)
        }
        try DurableFile.makeFolder(configuration.run)
    }

    deinit {
        // Nothing but this test knows the folder.
        _ = try? OneTask.run("/bin/rm", ["-rf", "--", folder], folder: "/", limit: .seconds(10))
    }

    var configurationPath: String { folder + "/keelson.toml" }

    func write(script: String, for name: String) throws {
        try DurableFile.replace(
            "\(folder)/keelson-\(name)", with: Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o700)
    }

    func writeConfiguration() throws {
        let text = """
            [node]
            name = "n1"
            interface = "lo"
            address = "10.77.0.11/24"
            data = "\(configuration.data)"
            run = "\(configuration.run)"
            [programs]
            directory = "\(folder)"
            """
        try DurableFile.replace(configurationPath, with: Array(text.utf8), mode: 0o600)
    }

    /// Runs the supervisor in a thread of this process, until `stop`.
    func begin(plans: [ProcessPlan] = ProcessPlan.startOrder) throws {
        let (configuration, path, result) = (configuration, configurationPath, result)
        thread = try OwnedThread("supervisor") {
            do {
                var logger = Logger(label: "test")
                // When a test fails, this says why.
                logger.logLevel = .warning
                try Supervisor(configuration, configurationPath: path, logger: logger, plans: plans).run()
            } catch {
                result.failure = "\(error)"
            }
        }
        try waitForControl()
    }

    /// Until the control socket answers.
    func waitForControl() throws {
        try eventually("the control socket answers") {
            do throws(SystemError) {
                _ = try UnixSocket.connect(configuration.supervisorSocket, kind: .stream)
                return true
            } catch {
                return false
            }
        }
    }

    /// Waits until the supervisor has ended.
    func join() {
        thread.take()?.join()
    }

    @discardableResult func ask(_ request: SupervisorRequest) throws -> [ProcessReport] {
        var client = try SupervisorClient(configuration.supervisorSocket)
        return try client.ask(request, limit: .seconds(5))
    }

    func report(_ name: String) throws -> ProcessReport {
        let reports = try ask(.status)
        return try #require(reports.first { $0.name == name })
    }

    /// Waits until the process is in the state.
    @discardableResult func wait(
        for name: String, _ state: ProcessReport.State, restarts: Int? = nil
    ) throws -> ProcessReport {
        try eventually("\(name) is \(state)") {
            let report = try self.report(name)
            return report.state == state && (restarts ?? report.restarts) <= report.restarts
        }
        return try report(name)
    }
}

/// Waits for a condition that nothing announces.
func eventually(_ what: String = "the condition holds", _ condition: () throws -> Bool) throws {
    let deadline = BootClock.now + .seconds(10)
    var none: [pollfd] = []
    while try !condition() {
        guard BootClock.now < deadline else {
            throw SystemError(operation: "wait until", subject: what, errno: ETIMEDOUT)
        }
        try Poller.wait(&none, until: BootClock.now + .milliseconds(2))
    }
}

/// Whether the process exists and is no zombie.
func isAlive(_ pid: Int32) throws -> Bool {
    guard let bytes = try DurableFile.read("/proc/\(pid)/stat") else { return false }
    let state = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first
    return state != "Z" && state != "X"
}
