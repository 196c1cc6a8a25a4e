import APIProtocol
import AsyncHTTPClient
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import MembershipCore
import NIOCore
import NIOPosix
import Primitives
import Synchronization

@testable import ConsoleService

/// Stands for the cluster daemon on both of its sockets: answers what the test gives it, and keeps what it was asked.
final class FakeClusterDaemon: Sendable {
    struct Asked: Equatable, Sendable {
        let line: String
        let authorization: String?
        let client: String?
        let body: String
    }

    struct State: Sendable {
        /// `GET /v1/status` to status and JSON.
        var answers: [String: (status: Int, json: String)] = [:]
        var asked: [Asked] = []
    }

    private let state = Mutex(State())

    var asked: [Asked] { state.withLock { $0.asked } }

    func answer(_ line: String, _ json: String, status: Int = 200) {
        state.withLock { $0.answers[line] = (status, json) }
    }

    func answer(_ line: String, _ value: some Encodable, status: Int = 200) throws {
        answer(line, String(decoding: try JSONEncoder().encode(value), as: UTF8.self), status: status)
    }

    static func json(_ error: APIError) throws -> String {
        String(decoding: try JSONEncoder().encode(error), as: UTF8.self)
    }

    /// Runs the daemon and a console before it.
    func run(_ body: @Sendable (Console) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/keelson-fake-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let sockets = (users: folder + "/users.sock", console: folder + "/console.sock")
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let http = HTTPClient(eventLoopGroupProvider: .singleton)
        let (ready, announce) = AsyncStream.makeStream(of: Void.self)
        let quiet = logger
        try await withThrowingTaskGroup(of: Void.self) { group in
            for socket in [sockets.users, sockets.console] {
                group.addTask {
                    do {
                        try await self.application(socket, quiet) { announce.yield() }.run()
                    } catch is CancellationError {
                        return
                    }
                }
            }
            var waiting = 2
            for await _ in ready {
                waiting -= 1
                if waiting == 0 { break }
            }
            let upstream = Upstream(http: http, usersSocket: sockets.users, consoleSocket: sockets.console)
            do {
                try await body(try Console(upstream: upstream, logger: quiet))
            } catch {
                try await http.shutdown()
                throw error
            }
            group.cancelAll()
        }
        try await http.shutdown()
        try FileManager.default.removeItem(atPath: folder)
    }

    private func application(
        _ socket: String, _ logger: Logger, ready: @escaping @Sendable () -> Void
    ) -> some ApplicationProtocol {
        let router = Router()
        for method in [HTTPRequest.Method.get, .post, .put, .delete] {
            router.on("/**", method: method) { request, _ in try await self.respond(request) }
        }
        return Application(
            router: router, configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket)),
            onServerRunning: { _ in ready() }, logger: logger)
    }

    private func respond(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let line = "\(request.method.rawValue) \(request.uri.path)"
        let found = state.withLock { state in
            state.asked.append(
                Asked(
                    line: line, authorization: request.headers[.authorization],
                    client: request.headers[HTTPField.Name("Keelson-Client")!], body: String(buffer: body)))
            return state.answers[line]
        }
        let (status, json) = try found ?? (404, Self.json(APIError(.notFound, ["path": line])))
        return Response(
            status: HTTPResponse.Status(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
    }
}

/// Answers of a small cluster.
enum Samples {
    static let n1 = NodeID("aaaaaaaaaaaaaaaa")!
    static let n2 = NodeID("bbbbbbbbbbbbbbbb")!
    static let stamp = Timestamp(milliseconds: 1_764_000_000_000)

    static func status(master: NodeID = n1) -> ClusterStatus {
        let nodes = [(n1, "n1", "10.77.0.11"), (n2, "n2", "10.77.0.12")].map { id, name, address in
            NodeStatus(
                id: id, name: name, address: IPAddress(address)!, role: .voter, state: .online,
                isMaster: id == master)
        }
        return ClusterStatus(
            clusterName: "demo & sons", stage: .member,
            node: ThisNode(id: n1, name: "n1", address: IPAddress("10.77.0.11")!),
            master: MasterStatus(node: master, name: master == n1 ? "n1" : "n2", epoch: "1.7", since: stamp),
            vip: VIPStatus(addresses: [Subnet("10.77.0.50/24")!], holder: master), nodes: nodes,
            etcd: EtcdStatus(healthy: true, members: 2, inStep: 2, leader: master, alarms: []),
            profile: ProfileStatus(
                chosen: .auto, active: .fast, renewMilliseconds: 50, fenceMilliseconds: 250, takeMilliseconds: 450))
    }

    static let failover = Failover(
        epoch: "1.7", from: n2, to: n1, cause: .silence, detectedMilliseconds: 450, decidedMilliseconds: 4,
        vipMovedMilliseconds: 1, serviceReadyMilliseconds: 2, totalMilliseconds: 457, at: stamp)

    static let event = ClusterEvent(
        sequence: 3, at: stamp, level: .warning, kind: "nodeSilent", node: n2, message: "<script>alert(1)</script>",
        parameters: ["other": "<b>n2</b>", "seconds": "4"])

    static let health = Health(healthy: true, stage: .member, isMaster: true, problems: [])

    static func fill(_ daemon: FakeClusterDaemon) throws {
        try daemon.answer("GET /v1/health", health)
        try daemon.answer("GET /v1/status", status())
        try daemon.answer("GET /v1/failovers", ItemList([failover]))
        try daemon.answer("GET /v1/events", ItemList([event]))
        try daemon.answer("GET /v1/nodes/pending", ItemList<PendingNode>([]))
        try fillMachines(daemon)
        try daemon.answer(
            "GET /v1/configuration", ClusterConfiguration(vip: [Subnet("10.77.0.50/24")!], profile: .auto))
        try daemon.answer("GET /v1/rack-mode", RackMode.closed)
        try daemon.answer("GET /v1/nodes", ItemList(status().nodes))
        try daemon.answer(
            "GET /v1/jobs",
            ItemList([
                Job(
                    id: "0a", kind: .replaceNode, state: .failed, startedAt: stamp,
                    steps: [JobStep(name: "voteGone", state: .done, milliseconds: 12)],
                    error: APIError(.nodeOnline, ["node": "<i>n2</i>"]), node: n2, who: "session:ada"),
                verification,
            ]))
        try daemon.answer(
            "GET /v1/user-tokens",
            ItemList([
                UserTokenInfo(
                    id: "0123abcd", name: "<i>robot</i>", role: .operator, created: stamp,
                    groups: [EndpointGroup(rawValue: "nodes")])
            ]))
        try daemon.answer(
            "GET /v1/tokens",
            ItemList([JoinTokenInfo(id: "89ab", role: .witness, expires: stamp, usesLeft: 2, revoked: false)]))
        let gaps: [Double?] = [1, nil, 3]
        try daemon.answer(
            "GET /v1/nodes/\(n2.text)/metrics",
            NodeMetrics(
                step: 60, from: stamp,
                series: .init(
                    cpu: gaps, memory: gaps, disk: gaps, receive: gaps, transmit: gaps, pressureIO: gaps)))
        daemon.answer(
            "GET /v1/session",
            #"{"name":"ada","role":"administrator","kind":"session","secondFactor":false,"#
                + #""mustEnrolSecondFactor":false,"managesUsers":true}"#)
    }
}
