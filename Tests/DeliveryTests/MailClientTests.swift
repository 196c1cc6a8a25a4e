import APIProtocol
import NIOPosix
import NotificationCore
import Primitives
import Testing

@testable import Delivery

@Suite("Mail over real sockets")
struct MailClientTests {
    private static let mail = MailMessage(
        from: "a@example.com", to: ["b@example.com"], subject: "s", body: "hello",
        date: Timestamp(milliseconds: 0), identity: "i", domain: "example.com")
    private static let wire =
        "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
        + "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nFrom: a@example.com\r\nTo: b@example.com\r\n"
        + "Message-ID: <i@example.com>\r\nSubject: s\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n.\r\nQUIT\r\n"
    private static let delivery: [ScriptedServer.Step] = [
        .hearLine, .say("250 ok\r\n"), .hearLine, .say("250 ok\r\n"), .hearLine, .say("354 go\r\n"),
        .hearThrough("\r\n.\r\n"), .say("250 taken\r\n"), .hearLine, .say("221 bye\r\n"), .cut,
    ]

    private func send(
        to port: Int, _ security: MailSecurity, ca: String? = nil, password: String? = nil,
        host: String = "127.0.0.1", limit: Span = .seconds(20)
    ) async throws(DeliveryFailure) {
        try await MailClient(group: MultiThreadedEventLoopGroup.singleton, limit: limit).send(
            Self.mail,
            to: MailServer(
                host: host, port: port, security: security, credentials: password.map { ("tim", $0) }, ca: ca),
            as: "me.example")
    }

    @Test("In the clear, these bytes")
    func plain() async throws {
        let script: [ScriptedServer.Step] = [.say("220 m\r\n"), .hearLine, .say("250 m\r\n")] + Self.delivery
        let heard = try await ScriptedServer.run(script) { try await self.send(to: $0, .none) }
        #expect(heard == "EHLO me.example\r\n" + Self.wire)
    }

    @Test("STARTTLS first, then the password, then the mail")
    func startTLS() async throws {
        let server = try ScriptedServer.Identity()
        let script: [ScriptedServer.Step] =
            [
                .say("220 m\r\n"), .hearLine, .say("250-m\r\n250 STARTTLS\r\n"), .hearLine, .say("220 go\r\n"), .secure,
                .hearLine, .say("250-m\r\n250 AUTH PLAIN\r\n"), .hearLine, .say("235 ok\r\n"),
            ] + Self.delivery
        let heard = try await ScriptedServer.run(script, tls: server.tls, isSecureFromStart: false) {
            try await self.send(to: $0, .starttls, ca: server.ca, password: "tanstaaftanstaaf")
        }
        #expect(
            heard == "EHLO me.example\r\nSTARTTLS\r\nEHLO me.example\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n"
                + Self.wire)
    }

    @Test("TLS from the first byte")
    func implicitTLS() async throws {
        let server = try ScriptedServer.Identity()
        let script: [ScriptedServer.Step] = [.say("220 m\r\n"), .hearLine, .say("250 m\r\n")] + Self.delivery
        let heard = try await ScriptedServer.run(script, tls: server.tls) {
            try await self.send(to: $0, .tls, ca: server.ca)
        }
        #expect(heard == "EHLO me.example\r\n" + Self.wire)
    }

    private func failure(
        _ script: [ScriptedServer.Step], _ server: ScriptedServer.Identity? = nil, _ security: MailSecurity = .none,
        ca: String? = nil, password: String? = nil, host: String = "127.0.0.1"
    ) async throws -> (reason: String, heard: String) {
        var reason = ""
        let heard = try await ScriptedServer.run(
            script, tls: server?.tls, isSecureFromStart: security == .tls, waits: false
        ) { port in
            do throws(DeliveryFailure) {
                try await self.send(to: port, security, ca: ca, password: password, host: host)
            } catch {
                reason = error.description
            }
        }
        return (reason, heard)
    }

    @Test("Failures have their reason")
    func failures() async throws {
        let full = try await failure([
            .say("220 m\r\n"), .hearLine, .say("250 m\r\n"), .hearLine, .say("452 4.3.1 full\r\n"), .hearEnd,
        ])
        #expect(full.reason == "the mail server answered 452 4.3.1 full to the sender")
        let cut = try await failure([
            .say("220 m\r\n"), .hearLine, .say("250 m\r\n"), .hearLine, .say("250 ok\r\n"), .hearLine,
            .say("250 ok\r\n"), .hearLine, .say("354 go\r\n"), .hearThrough("\r\n.\r\n"), .cut,
        ])
        #expect(cut.reason == "the connection was cut" || cut.reason == "Connection reset by peer")
    }

    @Test("The password goes to nobody but the server that was verified")
    func secrets() async throws {
        let (server, stranger) = (try ScriptedServer.Identity(), try ScriptedServer.Identity())
        let script: [ScriptedServer.Step] = [
            .say("220 m\r\n"), .hearLine, .say("250-m\r\n250 STARTTLS\r\n"), .hearLine, .say("220 go\r\n"), .secure,
            .hearEnd,
        ]
        let wrong = try await failure(script, server, .starttls, ca: stranger.ca, password: "p")
        #expect(wrong.reason == "the certificate is not trusted")
        #expect(wrong.heard == "EHLO me.example\r\nSTARTTLS\r\n")
        let host = try await failure(
            script, server, .starttls, ca: server.ca, password: "p", host: "127.0.0.2")
        #expect(host.reason == "the certificate is of another host")
        // Somebody on the way has taken the offer out: nothing goes in the clear.
        let none = try await failure(
            [.say("220 m\r\n"), .hearLine, .say("250-m\r\n250 AUTH PLAIN\r\n"), .hearEnd], server, .starttls,
            ca: server.ca, password: "p")
        #expect(none.reason == "the mail server does not offer STARTTLS")
        #expect(none.heard == "EHLO me.example\r\n")
        // Somebody on the way has put answers behind the 220, to be taken for the server's (CVE-2011-0411).
        let injected = try await failure(
            [
                .say("220 m\r\n"), .hearLine, .say("250-m\r\n250 STARTTLS\r\n"), .hearLine, .say("220 go\r\n250 m\r\n"),
                .hearEnd,
            ], server, .starttls, ca: server.ca, password: "p")
        #expect(injected.reason == "the mail server went on in the clear after STARTTLS")
    }

    @Test("Nobody there; a server that is silent; a line without end")
    func silence() async throws {
        await #expect(throws: DeliveryFailure("Connection refused")) {
            try await self.send(to: ScriptedServer.nobody, .none)
        }
        var reason = ""
        _ = try await ScriptedServer.run([.hearEnd], waits: false) { port in
            do throws(DeliveryFailure) {
                try await self.send(to: port, .none, limit: .seconds(1))
            } catch {
                reason = error.description
            }
        }
        #expect(reason == "it was not done within 1 s")
        let endless = try await failure([.say(String(repeating: "2", count: 5_000)), .hearEnd])
        #expect(endless.reason == "the mail server does not speak SMTP: its line does not end")
    }
}
