import Etcd
import Foundation
import Identity
import JoinCore
import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import Synchronization
import Testing

let testGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

/// Asks again every 10 ms until the answer is not nil, at least 50 times: on a busy machine the time alone may pass
/// between two questions.
/// - Throws: what the last question threw, or `NotInTime`.
func eventually<Answer>(
    _ what: String, within limit: Span = .seconds(30), _ question: () async throws -> Answer?
) async throws -> Answer {
    let deadline = NIODeadline.now() + .nanoseconds(limit.nanoseconds)
    var left = 50
    while true {
        left -= 1
        let isLast = left <= 0 && NIODeadline.now() > deadline
        do {
            if let answer = try await question() { return answer }
        } catch {
            if isLast { throw error }
        }
        if isLast { throw NotInTime(what: what) }
        try await testGroup.next().scheduleTask(in: .milliseconds(10)) {}.futureResult.get()
    }
}

struct NotInTime: Error, CustomStringConvertible {
    let what: String
    var description: String { "not in time: \(what)" }
}

/// A real etcd on a loopback address of its own, with certificates of a test CA.
final class TestMember: Sendable {
    let name: String
    let address: IPAddress
    let folder: String
    private let cluster: TestCluster
    private let running = Mutex<Running?>(nil)

    private struct Running {
        let process: Process
        let input: Pipe
        let etcd: pid_t
    }

    init(name: String, address: IPAddress, folder: String, cluster: TestCluster) {
        self.name = name
        self.address = address
        self.folder = folder
        self.cluster = cluster
    }

    var endpoint: EtcdEndpoint { EtcdEndpoint(address: address) }
    var peerURL: String { "https://\(address):2380" }

    private func arguments(initialCluster: [TestMember], isNew: Bool) -> [String] {
        let identity = IdentityFolder(path: "\(folder)/identity")
        let peers = initialCluster.map { "\($0.name)=\($0.peerURL)" }.joined(separator: ",")
        return [
            "/usr/bin/etcd", "--name", name, "--data-dir", "\(folder)/etcd",
            "--listen-client-urls", endpoint.url, "--advertise-client-urls", endpoint.url,
            "--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL,
            "--initial-cluster", peers, "--initial-cluster-state", isNew ? "new" : "existing",
            "--initial-cluster-token", "test", "--cert-file", identity.certificatePath,
            "--key-file", identity.keyPath, "--trusted-ca-file", identity.trustPath, "--client-cert-auth",
            "--peer-cert-file", identity.certificatePath, "--peer-key-file", identity.keyPath,
            "--peer-trusted-ca-file", identity.trustPath, "--peer-client-cert-auth", "--pre-vote",
            "--strict-reconfig-check", "--heartbeat-interval", "20", "--election-timeout", "200",
            "--quota-backend-bytes", "\(cluster.quota)", "--unsafe-no-fsync", "--logger", "zap",
            "--log-outputs", "\(folder)/log", "--experimental-watch-progress-notify-interval", "200ms",
        ]
    }

    /// The shell between ends etcd when its input closes: also when this process dies, however it dies.
    private static let guardian = #""$@" & echo $!; read -r _; kill -KILL $!; wait"#

    /// One at a time: a pipe that another child inherits would never close.
    private static let spawning = Mutex<Void>(())

    /// - Parameter prefix: a program that starts etcd elsewhere, as `ip netns exec NAME`.
    func start(initialCluster: [TestMember], isNew: Bool, prefix: [String] = []) throws {
        let arguments = prefix + arguments(initialCluster: initialCluster, isNew: isNew)
        let started = try Self.spawning.withLock { _ in try Self.spawn(arguments) }
        running.withLock { $0 = started }
    }

    private static func spawn(_ arguments: [String]) throws -> Running {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        for end in [input.fileHandleForWriting, output.fileHandleForReading] {
            try #require(fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0)
        }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.guardian, "sh"] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let etcd = try #require(pid_t(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        return Running(process: process, input: input, etcd: etcd)
    }

    /// SIGSTOP is complete when this returns: until its last thread has stopped, a member may still answer.
    func signal(_ number: Int32) throws {
        let etcd = running.withLock { $0?.etcd }
        guard let etcd else { return }
        kill(etcd, number)
        let deadline = NIODeadline.now() + .seconds(5)
        while number == SIGSTOP, NIODeadline.now() < deadline, try !Self.isStopped(etcd) { sched_yield() }
    }

    private static func isStopped(_ process: pid_t) throws -> Bool {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
        return threads.allSatisfy { thread in
            let stat = FileManager.default.contents(atPath: "/proc/\(process)/task/\(thread)/stat") ?? Data()
            let state = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first
            return state == "T"
        }
    }

    /// As a power cut: at once.
    func cut() throws {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        _ = kill(running.etcd, SIGKILL)
        _ = kill(running.process.processIdentifier, SIGKILL)
        try running.input.fileHandleForWriting.close()
        running.process.waitUntilExit()
    }
}

/// A CA and the members that it knows; everything is gone after `withCluster`.
final class TestCluster: Sendable {
    let folder: String
    let quota: Int
    let authority: CertificateAuthority
    private let members = Mutex<[TestMember]>([])
    private let clients = Mutex<[EtcdClient]>([])
    private static let counter = Mutex<UInt8>(0)

    private init(quota: Int) throws {
        self.quota = quota
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keelson-etcd-\(UUID().uuidString)").path
        authority = try CertificateAuthority(clusterName: "test", at: WallTime(Date()))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    static func withCluster(quota: Int = 1 << 30, _ body: (TestCluster) async throws -> Void) async throws {
        let cluster = try TestCluster(quota: quota)
        let result: Result<Void, any Error>
        do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
        try await cluster.end()
        try result.get()
    }

    private func end() async throws {
        for member in members.withLock({ $0 }) { try member.cut() }
        for client in clients.withLock({ $0 }) { try await client.shutdown() }
        try FileManager.default.removeItem(atPath: folder)
    }

    /// A member that is not started: 127.a.b.n by the process and a counter, so that tests at once do not meet.
    func addMember(at given: IPAddress? = nil) throws -> TestMember {
        let number = Self.counter.withLock { counter in
            counter += 1
            return counter
        }
        let process = UInt32(bitPattern: getpid())
        let own = IPAddress(bytes: [127, UInt8(process >> 8 % 254 + 1), UInt8(process & 0xFF), number])
        let address = given ?? own
        let member = TestMember(
            name: "m\(number)", address: address, folder: "\(folder)/m\(number)", cluster: self)
        let identity = IdentityFolder(path: "\(member.folder)/identity")
        let key = try identity.loadOrCreateKey()
        let certificate = try authority.issue(
            to: ProvenPublicKey(key), name: member.name, addresses: [address], at: WallTime(Date()))
        try identity.install(certificate, trust: authority.trust)
        members.withLock { $0.append(member) }
        return member
    }

    /// Started members of a new cluster, answering.
    func start(_ count: Int) async throws -> [TestMember] {
        let members = try (0..<count).map { _ in try addMember() }
        for member in members { try member.start(initialCluster: members, isNew: true) }
        let client = try client(members.map(\.endpoint))
        for member in members { try await waitHealthy(member, client) }
        return members
    }

    func waitHealthy(_ member: TestMember, _ client: EtcdClient) async throws {
        try await eventually("\(member.name) is healthy") {
            try await client.isHealthy(member.endpoint, timeout: .seconds(2)) ? () : nil
        }
    }

    func client(
        _ endpoints: [EtcdEndpoint], options: EtcdClient.Options = .init(), tls: TLSConfiguration? = nil
    ) throws -> EtcdClient {
        let key = NodeKey()
        let certificate = try authority.issue(
            to: ProvenPublicKey(key), name: "client", addresses: [], at: WallTime(Date()))
        let identity = try NodeIdentity(key: key, certificate: certificate, trust: authority.trust)
        let client = EtcdClient(
            endpoints: endpoints, tls: try tls ?? identity.mutualClientTLS(), group: testGroup, options: options)
        clients.withLock { $0.append(client) }
        return client
    }
}

extension Span {
    /// What tests give a request that should succeed, also on a busy machine.
    static let patient = Span.seconds(30)
}
