import Crypto
import NIOPosix
import Primitives
import Testing

@testable import Delivery

@Suite("Webhooks over real sockets")
struct WebhookClientTests {
    private static let body = Array(#"{"a":1}"#.utf8)

    private func post(
        to port: Int, ca: String?, secret: String? = "0123456789abcdef"
    ) async throws(DeliveryFailure) {
        try await WebhookClient(group: MultiThreadedEventLoopGroup.singleton, limit: .seconds(20)).post(
            Self.body, to: "https://127.0.0.1:\(port)/hook?x=1", secret: secret, ca: ca, seconds: 1_700_000_000)
    }

    @Test("HMAC-SHA256 of RFC 4231, test case 2")
    func vector() {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("what do ya want for nothing?".utf8), using: SymmetricKey(data: Array("Jefe".utf8)))
        #expect(Hexadecimal.text(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        #expect(
            WebhookClient.signature(of: Self.body, secret: "0123456789abcdef", seconds: 1_700_000_000)
                == "t=1700000000,v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23")
    }

    @Test("The request has the body and the signature over it")
    func request() async throws {
        let server = try ScriptedServer.Identity()
        let script: [ScriptedServer.Step] = [
            .hearRequest, .say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"), .cut,
        ]
        let heard = try await ScriptedServer.run(script, tls: server.tls) { try await self.post(to: $0, ca: server.ca) }
        let lines = heard.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.first == "POST /hook?x=1 HTTP/1.1")
        #expect(lines.contains("content-type: application/json"))
        #expect(
            lines.contains(
                "Keelson-Signature: t=1700000000,v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23"))
        #expect(lines.last == #"{"a":1}"#)
    }

    private func failure(_ script: [ScriptedServer.Step], trusting other: String? = nil) async throws -> String {
        let server = try ScriptedServer.Identity()
        var reason = ""
        _ = try await ScriptedServer.run(script, tls: server.tls, waits: false) { port in
            do throws(DeliveryFailure) {
                try await self.post(to: port, ca: other ?? server.ca)
            } catch {
                reason = error.description
            }
        }
        return reason
    }

    @Test(
        "Answers that are no delivery",
        arguments: [
            ("400 Bad Request", "the server answered with status 400"),
            ("503 Service Unavailable", "the server answered with status 503"),
            (
                "302 Found\r\nLocation: https://127.0.0.1:1/",
                "the server answered with status 302 (redirects are not followed)"
            ),
        ])
    func statuses(status: String, reason: String) async throws {
        let script: [ScriptedServer.Step] = [
            .hearRequest, .say("HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), .hearEnd,
        ]
        #expect(try await failure(script) == reason)
    }

    @Test("A wrong certificate, a cut connection, nobody there")
    func broken() async throws {
        let stranger = try ScriptedServer.Identity()
        #expect(try await failure([.hearEnd], trusting: stranger.ca) == "the certificate is not trusted")
        #expect(try await failure([.hearRequest, .cut]) == "the connection was cut")
        let half = try await failure([.hearRequest, .say("HTTP/1.1 204 No Con"), .cut])
        #expect(!half.isEmpty)
        await #expect(throws: DeliveryFailure("Connection refused")) {
            try await self.post(to: ScriptedServer.nobody, ca: nil)
        }
    }
}
