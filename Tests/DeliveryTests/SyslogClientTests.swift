import NIOPosix
import Primitives
import Testing

@testable import Delivery

@Suite("Log servers over real sockets")
struct SyslogClientTests {
    private func send(_ text: String, to port: Int, ca: String?) async throws(DeliveryFailure) {
        try await SyslogClient(group: MultiThreadedEventLoopGroup.singleton, limit: .seconds(20)).send(
            Array(text.utf8), to: "127.0.0.1", port: port, ca: ca)
    }

    @Test("The frames arrive as they are, over TLS")
    func frames() async throws {
        let server = try ScriptedServer.Identity()
        let heard = try await ScriptedServer.run([.hearEnd], tls: server.tls) {
            try await self.send("5 <1>1 6 <1>1 b", to: $0, ca: server.ca)
        }
        #expect(heard == "5 <1>1 6 <1>1 b")
    }

    @Test("A wrong certificate gets nothing; nobody there")
    func refused() async throws {
        let (server, stranger) = (try ScriptedServer.Identity(), try ScriptedServer.Identity())
        var reason = ""
        let heard = try await ScriptedServer.run([.hearEnd], tls: server.tls, waits: false) { port in
            do throws(DeliveryFailure) {
                try await self.send("5 <1>1", to: port, ca: stranger.ca)
            } catch {
                reason = error.description
            }
        }
        #expect(reason == "the certificate is not trusted")
        #expect(heard == "")
        await #expect(throws: DeliveryFailure("Connection refused")) {
            try await self.send("x", to: ScriptedServer.nobody, ca: nil)
        }
    }

    @Test("An authority that cannot be read is seen before it is kept")
    func authorities() throws {
        #expect(TrustedAuthority.isReadable(try ScriptedServer.Identity().ca))
        for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "nonsense"] {
            #expect(!TrustedAuthority.isReadable(pem), "\(pem)")
        }
    }

    @Test("A connection that is cut before TLS is in place")
    func cut() async throws {
        let server = try ScriptedServer.Identity()
        var reason = ""
        _ = try await ScriptedServer.run([.cut], tls: server.tls, isSecureFromStart: false) { port in
            do throws(DeliveryFailure) {
                try await self.send("5 <1>1", to: port, ca: server.ca)
            } catch {
                reason = error.description
            }
        }
        #expect(!reason.isEmpty)
    }
}
