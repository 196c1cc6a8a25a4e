import Glibc
import Linux
import Primitives
import Testing
import VIPProtocol

/// A `keelson-vipd` of its own on the node's side, killed at the end whatever happens.
final class TestManager {
    let network: TestNetwork
    let process: pid_t
    let folder: String
    private var connection: OwnedDescriptor?
    private var isOver = false

    /// - Parameter folder: of an earlier life, or nil for a new one.
    init(_ network: TestNetwork, folder: String? = nil) throws {
        self.network = network
        let folder = try folder ?? Self.makeFolder()
        self.folder = folder
        process = try Self.spawn(network, folder)
        let path = folder + "/" + VIPProtocol.socketName
        var connected: OwnedDescriptor?
        _ = try eventually {
            do throws(SystemError) {
                connected = try UnixSocket.connect(path, kind: .packets)
                return true
            } catch {
                // Not there yet.
                return false
            }
        }
        connection = connected
        try #require(ask(.ping) == .pong)
    }

    deinit {
        if !isOver {
            kill(process, SIGKILL)
            do {
                try waitForExit(of: process)
            } catch {
                Issue.record("\(error)")
            }
        }
        for name in [VIPProtocol.socketName, "vipd.lock"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    static func makeFolder() throws -> String {
        var template = Array("/tmp/keelson-vip-XXXXXX".utf8CString)
        try #require(template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) } != nil)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func spawn(_ network: TestNetwork, _ folder: String) throws -> pid_t {
        let program = try programPath()
        return try network.on(.node) { try start([program, "--interface", "eth0", "--run", folder]) }
    }

    /// Beside the test program.
    private static func programPath() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let own = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        let arguments = [own] + CommandLine.arguments
        for candidate in arguments {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let path = candidate[..<slash] + "/keelson-vipd"
            if access(String(path), X_OK) == 0 { return String(path) }
        }
        throw SystemError(operation: "find", subject: "keelson-vipd", errno: ENOENT)
    }

    func send(_ request: VIPRequest) throws { try sendLine(request.description) }

    func sendLine(_ line: String) throws {
        guard let raw = connection?.raw else { return }
        let bytes = Array(line.utf8)
        try systemCall("send") { Glibc.send(raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    }

    /// The next message, or nil at the end of the time.
    func receive(within span: Span = .seconds(5)) throws -> VIPReply? {
        let end = BootClock.now + span
        var buffer = [UInt8](repeating: 0, count: VIPProtocol.longestMessage)
        while BootClock.now < end {
            guard let raw = connection?.raw else { return nil }
            var set = [pollfd(fd: raw, events: Int16(POLLIN), revents: 0)]
            guard try Poller.wait(&set, until: end) > 0 else { return nil }
            let count = recv(raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return nil }
            return try VIPReply(parsing: String(decoding: buffer[..<count], as: UTF8.self))
        }
        return nil
    }

    func ask(_ request: VIPRequest) throws -> VIPReply? {
        try send(request)
        return try receive()
    }

    /// Waits for a message that is as wanted, over others.
    func wait(for condition: (VIPReply) -> Bool) throws -> VIPReply? {
        while let reply = try receive() { if condition(reply) { return reply } }
        return nil
    }

    /// - Returns: the deadline.
    @discardableResult
    func hold(
        _ revision: Int64 = 1, for span: Span = .milliseconds(300), _ addresses: [Subnet] = [TestNetwork.vip4]
    ) throws -> Instant {
        let deadline = BootClock.now + span
        let epoch = Epoch(generation: 1, revision: revision)
        let reply = try ask(.hold(epoch: epoch, deadline: deadline, addresses: addresses))
        guard case .held(epoch, _)? = reply else {
            Issue.record("asked to hold, it answered \(String(describing: reply))")
            return deadline
        }
        return deadline
    }

    func guardAll() throws {
        try send(.guarded(addresses: [TestNetwork.vip4, TestNetwork.vip6]))
        try #require(ask(.ping) == .pong)
    }

    func signal(_ number: Int32) { kill(process, number) }

    func waitForEnd() throws -> Int32 {
        isOver = true
        return try waitForExit(of: process)
    }

    func hangUp() { connection = nil }
}
