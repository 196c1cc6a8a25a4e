import ConfigurationCore
import Glibc
import Linux
import Primitives
import SupervisorProtocol
import Testing

@testable import SupervisorCore
@testable import SupervisorService

@Suite(.serialized) struct SupervisorTests {
    /// The real order of starting with a short time for stopping and quick questions.
    private static let plans = ProcessPlan.startOrder.map { plan in
        let health = ProcessPlan.Health(
            question: plan.health.question, startInterval: .milliseconds(5), interval: .milliseconds(20),
            timeout: .seconds(3), patience: 2, startLimit: .seconds(10))
        return ProcessPlan(
            name: plan.name, stages: plan.stages, after: plan.after, health: health, restart: plan.restart,
            limits: plan.limits, stopLimit: .milliseconds(200))
    }

    @Test func startsInOrderAndStopsEverything() throws {
        let node = try TestNode(clusterd: "echo \"$@\"; exec sleep 1000")
        try node.begin(plans: Self.plans)
        let vipd = try #require(try node.wait(for: "vipd", .starting).pid)
        #expect(try node.report("clusterd").state == .waiting)
        let answerers = try [node.answerForVipd(), node.answerForClusterd()]
        try node.wait(for: "vipd", .running)
        let clusterd = try #require(try node.wait(for: "clusterd", .running).pid)
        #expect(try node.report("etcd") == ProcessReport(name: "etcd", state: .stopped, pid: nil, restarts: 0))
        #expect(getpgid(vipd) == vipd)
        let log = try #require(try DurableFile.read(node.configuration.logDirectory + "/clusterd.log"))
        #expect(String(decoding: log, as: UTF8.self) == "--configuration \(node.configurationPath)\n")
        try node.ask(.stop)
        node.join()
        #expect(node.result.failure == nil)
        #expect(try !isAlive(vipd))
        #expect(try !isAlive(clusterd))
        #expect(access(node.configuration.supervisorSocket, F_OK) != 0)
        for answerer in answerers { answerer.stop() }
    }

    @Test func asksTheLicenseValidatorByALine() throws {
        let node = try TestNode()
        let answerer = try node.answerForLicensed()
        try node.begin(plans: Self.plans)
        let pid = try #require(try node.wait(for: "licensed", .running).pid)
        answerer.stop()
        try eventually { try node.report("licensed").restarts == 1 }
        #expect(try !isAlive(pid))
        try node.ask(.stop)
        node.join()
    }

    @Test func startsACrashedDaemonAgain() throws {
        let node = try TestNode()
        let answerers = try [node.answerForVipd(), node.answerForClusterd()]
        try node.begin(plans: Self.plans)
        let first = try #require(try node.wait(for: "clusterd", .running).pid)
        kill(first, SIGKILL)
        let second = try node.wait(for: "clusterd", .running, restarts: 1)
        #expect(second.pid != first)
        #expect(second.restarts == 1)
        try node.ask(.stop)
        node.join()
        for answerer in answerers { answerer.stop() }
    }

    @Test func killsADaemonThatIgnoresTheEnd() throws {
        let node = try TestNode(clusterd: "trap '' TERM; while :; do sleep 1000; done")
        let answerers = try [node.answerForVipd(), node.answerForClusterd()]
        try node.begin(plans: Self.plans)
        let pid = try #require(try node.wait(for: "clusterd", .running).pid)
        let begin = BootClock.now
        try node.ask(.stop)
        node.join()
        #expect(BootClock.now - begin >= .milliseconds(200))
        #expect(try !isAlive(pid))
        for answerer in answerers { answerer.stop() }
    }

    @Test func endsADaemonThatDoesNotAnswerAnyMore() throws {
        let node = try TestNode()
        let answerer = try node.answerForVipd()
        try node.begin(plans: Self.plans)
        let pid = try #require(try node.wait(for: "vipd", .running).pid)
        answerer.stop()
        try eventually { try node.report("vipd").restarts == 1 }
        #expect(try !isAlive(pid))
        try node.ask(.stop)
        node.join()
    }

    @Test func whatADaemonLeavesBehindEndsWithIt() throws {
        let node = try TestNode(vipd: "sleep 1000 & echo $! > left; wait")
        try node.begin(plans: Self.plans)
        let pid = try #require(try node.wait(for: "vipd", .starting).pid)
        var left: Int32?
        try eventually {
            let bytes = try DurableFile.read(node.configuration.run + "/left") ?? []
            left = Int32(String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? "")
            return left != nil
        }
        kill(pid, SIGKILL)
        try eventually { try !isAlive(left!) }
        try node.ask(.stop)
        node.join()
    }

    @Test func aMissingProgramIsTriedAgain() throws {
        let node = try TestNode()
        unlink(node.folder + "/keelson-vipd")
        try node.begin(plans: Self.plans)
        try node.wait(for: "vipd", .backoff)
        try node.write(script: TestNode.script, for: "vipd")
        try node.wait(for: "vipd", .starting)
        try node.ask(.stop)
        node.join()
    }

    /// As where the process belongs to no session's scheduling group: the kernel refuses this value with EINVAL.
    @Test func aRefusedPriorityKeepsNobodyFromRunning() throws {
        let limits = ResourceLimits(memoryBytes: 1 << 20, openFiles: 1_024, nice: -30, outOfMemoryScore: -2_000)
        let child = try ChildProcess(
            ChildRequest(program: "/bin/true", arguments: [], environment: [], folder: "/", limits: limits),
            output: nil, group: nil)
        #expect(try Poller.waitReadable(child.descriptor, until: BootClock.now + .seconds(10)))
        #expect(try child.collect() == .status(0))
    }

    @Test func aFolderHasOneSupervisor() throws {
        let node = try TestNode()
        try node.begin(plans: Self.plans)
        #expect(throws: SupervisorError("another supervisor runs with the folder \(node.configuration.run)")) {
            _ = try SupervisorLock.take(node.configuration)
        }
        try node.ask(.stop)
        node.join()
    }

    @Test func refusesWhatIsNoRequest() throws {
        let node = try TestNode()
        try node.begin(plans: Self.plans)
        let socket = try UnixSocket.connect(node.configuration.supervisorSocket, kind: .stream)
        _ = try socket.send("halt\nping\n")
        var buffer = [UInt8](repeating: 0, count: 256)
        var text = ""
        while !text.hasSuffix("ok\n"), try Poller.waitReadable(socket, until: BootClock.now + .seconds(5)) {
            if case .bytes(let count) = try buffer.withUnsafeMutableBytes({ try socket.receive(into: $0) }) {
                text += String(decoding: buffer.prefix(count), as: UTF8.self)
            }
        }
        #expect(text == "error 'halt' is not a request; there are ping, status, reload, raft and stop\nok\n")
        try node.ask(.stop)
        node.join()
    }

    @Test func aDamagedMembershipStartsNothing() throws {
        let node = try TestNode()
        try DurableFile.makeFolder(node.configuration.data)
        try DurableFile.replace(node.configuration.membershipPath, with: Array("{".utf8), mode: 0o600)
        try node.begin(plans: Self.plans)
        #expect(try node.ask(.status).allSatisfy { $0.state == .stopped })
        #expect(throws: SupervisorError.self) { try node.ask(.reload) }
        try node.ask(.stop)
        node.join()
    }

    @Test func rotatesALargeLog() throws {
        let node = try TestNode()
        let path = node.folder + "/test.log"
        let log = try LogFile(path)
        let writer = try OwnedDescriptor.open(path, flags: O_WRONLY | O_APPEND)
        for text in ["first\n", "second\n"] {
            try writer.write(Array(text.utf8), subject: path)
            try log.rotateIfLarge(3)
        }
        try writer.write(Array("3\n".utf8), subject: path)
        try log.rotateIfLarge(3)
        func content(_ path: String) throws -> String {
            String(decoding: try DurableFile.read(path) ?? [], as: UTF8.self)
        }
        #expect(try content(path) == "3\n")
        #expect(try content(path + ".1") == "second\n")
        #expect(try content(path + ".2") == "first\n")
    }
}
