import ConfigurationCore
import Glibc
import Linux
import Primitives
import SupervisorCore
import SupervisorProtocol
import Testing

@testable import SupervisorService

/// The program itself, as a process of its own.
@Suite(.serialized) struct ProgramTests {
    /// The program beside this test's own.
    private static func program() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/keelson-supervisor"
    }

    private static func start(_ node: TestNode, environment: [String] = []) throws -> ChildProcess {
        let log = try LogFile(node.folder + "/supervisor.log")
        return try ChildProcess(
            ChildRequest(
                program: try program(), arguments: ["--configuration", node.configurationPath],
                environment: ChildEnvironment.inherited() + environment, folder: "/", limits: .task),
            output: log.descriptor, group: nil)
    }

    @Test func noChildOutlivesAKilledSupervisor() throws {
        let node = try TestNode()
        try node.writeConfiguration()
        let answerers = try [node.answerForVipd(), node.answerForClusterd()]
        let supervisor = try Self.start(node)
        try node.waitForControl()
        let pids = try ["vipd", "clusterd"].map { try #require(try node.wait(for: $0, .running).pid) }
        #expect(try pids.allSatisfy(isAlive))
        supervisor.signal(SIGKILL)
        #expect(try supervisor.collect() == .signal(SIGKILL))
        try eventually { try !pids.contains(where: isAlive) }
        for answerer in answerers { answerer.stop() }
    }

    @Test func tellsSystemdHowItIs() throws {
        let node = try TestNode()
        try node.writeConfiguration()
        let answerers = try [node.answerForVipd(), node.answerForClusterd()]
        let systemd = try Datagrams(node.folder + "/notify")
        let supervisor = try Self.start(
            node, environment: ["NOTIFY_SOCKET=\(node.folder)/notify", "WATCHDOG_USEC=100000"])
        #expect(try systemd.next { $0.hasPrefix("READY=1") } == "READY=1\nSTATUS=stage: installed")
        #expect(try systemd.next { $0 == "WATCHDOG=1" } != nil)
        supervisor.signal(SIGTERM)
        #expect(try systemd.next { $0 == "STOPPING=1" } != nil)
        #expect(try Poller.waitReadable(supervisor.descriptor, until: BootClock.now + .seconds(10)))
        #expect(try supervisor.collect() == .status(0))
        for answerer in answerers { answerer.stop() }
    }

    @Test func aBadConfigurationStartsNothingAndNamesTheField() throws {
        let node = try TestNode()
        try DurableFile.replace(node.configurationPath, with: Array("[node]\nnam = \"n1\"\n".utf8), mode: 0o600)
        let outcome = try OneTask.run(
            try Self.program(), ["--configuration", node.configurationPath], folder: "/", limit: .seconds(10))
        #expect(outcome.cause == .status(1))
        #expect(
            outcome.output
                == "Error: \(node.configurationPath): line 2, column 1: node.nam: unknown key; "
                + "the nearest known key is 'name'\n")
        #expect(access(node.configuration.data, F_OK) != 0)
    }
}

/// A datagram socket as systemd has one.
struct Datagrams: ~Copyable {
    private let socket: OwnedDescriptor

    init(_ path: String) throws {
        let raw = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        socket = OwnedDescriptor(taking: raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemError(operation: "bind", subject: path, errno: errno) }
    }

    /// - Returns: the next message that fits, or nil when none comes.
    func next(_ fits: (String) -> Bool) throws -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while try Poller.waitReadable(socket, until: BootClock.now + .seconds(10)) {
            let result = try buffer.withUnsafeMutableBytes { try socket.receive(into: $0) }
            guard case .bytes(let count) = result else { continue }
            let text = String(decoding: buffer.prefix(count), as: UTF8.self)
            if fits(text) { return text }
        }
        return nil
    }
}
