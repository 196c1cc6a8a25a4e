import APIProtocol
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Identity
import JoinCore
import NIOCore
import NIOHTTP1
import NIOSSL
import Primitives
import Synchronization
import Testing

@testable import APIService

/// Real sockets, real TLS 1.3, real certificates.
@Suite("Servers over TLS", .serialized)
struct ServerTests {
    private static let now = WallTime(secondsSince1970: Int64(time(nil)))

    private static func identity(_ authority: CertificateAuthority) throws -> NodeIdentity {
        let key = NodeKey()
        let certificate = try authority.issue(to: ProvenPublicKey(key), name: "n1", addresses: [], at: now)
        return try NodeIdentity(key: key, certificate: certificate, trust: authority.trust)
    }

    private static func client(
        _ tls: TLSConfiguration?, _ body: @Sendable (HTTPClient) async throws -> Void
    ) async throws {
        let configuration = HTTPForwarder.clientConfiguration(tls: tls ?? .makeClientConfiguration())
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private static func get(_ client: HTTPClient, _ url: String, token: UserToken? = nil) async throws
        -> HTTPClientResponse
    {
        var request = HTTPClientRequest(url: url)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token.text)") }
        return try await client.execute(request, timeout: .seconds(10))
    }

    @Test("Users reach it through the console's socket, with their own address and token")
    func users() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/keelson-users-\(getpid()).sock"
        let base = "http+unix://%2F" + path.split(separator: "/").joined(separator: "%2F")
        try await Serving.run(FakeControl(users: Users.all), [.users(path: path)]) { _ in
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            try await Self.client(nil) { client in
                do {
                    let answer = try await Self.get(client, base + "/v1/master")
                    #expect(answer.status == .ok)
                }
                do {
                    let answer = try await Self.get(client, base + "/v1/status")
                    #expect(answer.status == .unauthorized)
                }
                do {
                    let answer = try await Self.get(client, base + "/v1/status", token: Users.token(.viewer))
                    #expect(answer.status == .ok)
                }
            }
        }
    }

    @Test("The console's daemon reads what a viewer may, and nothing else")
    func console() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/keelson-console-\(getpid()).sock"
        let base = "http+unix://%2F" + path.split(separator: "/").joined(separator: "%2F")
        try await Serving.run(FakeControl(), [.console(path: path)]) { _ in
            try await Self.client(nil) { client in
                do {
                    let answer = try await Self.get(client, base + "/v1/status")
                    #expect(answer.status == .ok)
                }
                do {
                    let answer = try await Self.get(client, base + "/v1/tokens")
                    #expect(answer.status == .forbidden)
                }
                var request = HTTPClientRequest(url: base + "/v1/master/switch")
                request.method = .POST
                let answer = try await client.execute(request, timeout: .seconds(10))
                #expect(answer.status == .forbidden)
            }
        }
    }

    @Test("Members are known by their certificates; nobody else gets in")
    func members() async throws {
        let authority = try CertificateAuthority(clusterName: "test", at: Self.now)
        let identity = try Self.identity(authority)
        let peer = try Self.identity(authority)
        let control = FakeControl()
        let listener = Listener.nodes(host: "127.0.0.1", port: 0, tls: try identity.mutualServerTLS()) {
            try NodeID(peer: $0)
        }
        try await Serving.run(control, [listener]) { ports in
            let url = "https://127.0.0.1:\(ports[0])/v1/node/certificate"
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.body = .bytes(Array(#"{"csr":"-----BEGIN CERTIFICATE REQUEST-----"}"#.utf8))
            let wish = request
            try await Self.client(try peer.mutualClientTLS()) { client in
                let answer = try await client.execute(wish, timeout: .seconds(10))
                #expect(answer.status == .ok)
            }
            try await Self.client(try authority.trust.clientTLS()) { client in
                await #expect(throws: (any Error).self) { _ = try await client.execute(wish, timeout: .seconds(10)) }
            }
        }
        #expect(control.calls == ["node \(peer.node): renewCertificate \(peer.node)"])
    }

    @Test("A root on another node reaches the master through its own socket, which is root's alone")
    func forwarding() async throws {
        let authority = try CertificateAuthority(clusterName: "test", at: Self.now)
        let master = try Self.identity(authority)
        let other = try Self.identity(authority)
        let control = FakeControl()
        let path = FileManager.default.temporaryDirectory.path + "/keelson-api-\(getpid()).sock"
        let nodes = Listener.nodes(host: "127.0.0.1", port: 0, tls: try master.mutualServerTLS()) {
            try NodeID(peer: $0)
        }
        try await Serving.run(control, [nodes]) { ports in
            try await Self.client(try other.mutualClientTLS()) { client in
                let away = FakeControl(
                    failure: .notMaster(url: "https://127.0.0.1", peer: "https://127.0.0.1:\(ports[0])"))
                try await Serving.run(away, [.local(path: path)], forwarder: HTTPForwarder(client: client)) { _ in
                    var status = stat()
                    #expect(stat(path, &status) == 0)
                    #expect(status.st_mode & 0o777 == 0o600)
                    try await Self.client(nil) { plain in
                        let socket = path.split(separator: "/").joined(separator: "%2F")
                        let answer = try await Self.get(plain, "http+unix://%2F\(socket)/v1/failovers?limit=3")
                        #expect(answer.status == .ok)
                    }
                }
            }
        }
        #expect(control.calls == ["root on this machine: failovers 3"])
    }

    /// - Returns: what a user hears who asks a node that passes the request on to this master.
    private static func passOn(to master: FakeControl, _ header: String? = nil) async throws -> HTTPResponseStatus {
        let authority = try CertificateAuthority(clusterName: "test", at: now)
        let (one, other) = (try identity(authority), try identity(authority))
        let nodes = Listener.nodes(host: "127.0.0.1", port: 0, tls: try one.mutualServerTLS()) { try NodeID(peer: $0) }
        let socket = FileManager.default.temporaryDirectory.path + "/keelson-pass-on-\(getpid()).sock"
        let users = "http+unix://%2F" + socket.split(separator: "/").joined(separator: "%2F")
        let token = Users.session(.administrator).text
        let answer = Mutex(HTTPResponseStatus.imATeapot)
        try await Serving.run(master, [nodes]) { ports in
            let peer = "https://127.0.0.1:\(ports[0])"
            try await client(try other.mutualClientTLS()) { forwarding in
                let away = FakeControl(failure: .notMaster(url: peer, peer: peer), users: Users.all)
                let listener = Listener.users(path: socket)
                try await Serving.run(away, [listener], forwarder: HTTPForwarder(client: forwarding)) { _ in
                    try await client(nil) { user in
                        let path = "/v1/nodes/0123456789abcdef"
                        // With a header the member itself is asked, as it would be by another member.
                        let base = header == nil ? users : peer
                        var request = HTTPClientRequest(url: base + path)
                        request.method = .DELETE
                        request.headers.add(name: "authorization", value: "Bearer \(token)")
                        request.headers.add(name: "keelson-client", value: "192.0.2.20")
                        if let header { request.headers.add(name: "keelson-forwarded-for", value: header) }
                        let asking = header == nil ? user : forwarding
                        let status = try await asking.execute(request, timeout: .seconds(10)).status
                        answer.withLock { $0 = status }
                    }
                }
            }
        }
        return answer.withLock { $0 }
    }

    @Test("The master sees who asks another node, and looks at the session again")
    func forwardedUsers() async throws {
        let master = FakeControl(users: Users.all)
        #expect(try await Self.passOn(to: master) == .noContent)
        #expect(master.calls == ["s-administrator: removeNode 0123456789abcdef"])
        #expect(master.notes.map(\.who) == ["s-administrator"])
        #expect(master.notes.first?.client == "192.0.2.20")

        // Ended meanwhile, or of a lower role meanwhile: what the other node believes does not count.
        let ended = FakeControl()
        #expect(try await Self.passOn(to: ended) == .unauthorized)
        #expect(ended.calls.isEmpty)
        let session = Users.session(.administrator)
        let demoted = UserIdentity(
            name: "s-administrator", role: .viewer, kind: .session, id: "p", session: session.id)
        let lower = FakeControl(users: [(session.text, demoted)])
        #expect(try await Self.passOn(to: lower) == .forbidden)
        #expect(lower.calls.isEmpty)
        #expect(lower.notes.map(\.outcome) == ["forbidden"])
    }

    @Test(
        "A member that does not say properly who asks is refused", arguments: ["", "root", "{}", #"{"kind":"user"}"#])
    func badForwarding(header: String) async throws {
        let master = FakeControl(users: Users.all)
        #expect(try await Self.passOn(to: master, header) == .badRequest)
        #expect(master.calls.isEmpty)
    }
}
