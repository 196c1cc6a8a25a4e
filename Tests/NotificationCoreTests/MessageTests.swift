import APIProtocol
import Primitives
import Testing
import Texts

@testable import NotificationCore

@Suite("Messages")
struct MessageTests {
    private static let event = ClusterEvent(
        sequence: 4_711, at: Timestamp("2026-11-23T12:25:06.123Z")!, level: .warning, kind: "nodeSilent",
        node: NodeID("1123456789abcdef")!, message: "n2 has not reported for 4 s.",
        parameters: ["other": "n2", "seconds": "4"])

    private func mail(subject: String, body: String = "hello") -> MailMessage {
        MailMessage(
            from: "a@example.com", to: ["b@example.com", "c@example.com"], subject: subject, body: body,
            date: Timestamp("2026-11-23T12:25:06.123Z")!, identity: "keelson.7.7.demo", domain: "example.com")
    }

    @Test("A mail is these bytes")
    func bytes() {
        #expect(
            mail(subject: "[demo] warning: n2").text
                == "Date: Mon, 23 Nov 2026 12:25:06 +0000\r\nFrom: a@example.com\r\n"
                + "To: b@example.com,\r\n c@example.com\r\nMessage-ID: <keelson.7.7.demo@example.com>\r\n"
                + "Subject: [demo] warning: n2\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n")
    }

    @Test("A subject cannot begin a header, and is ASCII in lines that are short enough")
    func subjects() {
        let text = mail(subject: "x\r\nBcc: evil@example.com\r\n\r\nbody").text
        #expect(!text.contains("\r\nBcc"))
        #expect(text.contains("Subject: x  Bcc: evil@example.com    body\r\n"))
        // RFC 2047, section 2: an encoded word has at most 75 characters.
        let chinese = MailMessage.encoded(String(repeating: "节点故障", count: 20))
        for line in chinese.split(separator: "\r\n") {
            #expect(line.utf8.count <= 76 && line.utf8.allSatisfy { $0 < 0x80 })
        }
        #expect(MailMessage.encoded("节点") == "=?UTF-8?B?6IqC54K5?=")
        #expect(MailMessage.encoded("=?UTF-8?Q?x?=").hasPrefix("=?UTF-8?B?"))
    }

    @Test(
        "Dates of RFC 5322",
        arguments: [
            ("1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            ("2024-02-29T23:59:59.999Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
        ])
    func dates(time: String, expected: String) { #expect(MailMessage.date(Timestamp(time)!) == expected) }

    @Test("A log line is these bytes; only what is not ASCII has the byte order mark")
    func syslog() {
        #expect(
            String(decoding: SyslogMessage.frame(Self.event, host: "demo", text: "n2\nis silent"), as: UTF8.self)
                == "109 <28>1 2026-11-23T12:25:06.123Z demo keelson 1123456789abcdef nodeSilent [meta sequenceId=\"4711\"] "
                + "n2 is silent")
        let line = SyslogMessage.line(Self.event, host: "", text: "节")
        #expect(Array(line.suffix(6)) == [0xEF, 0xBB, 0xBF, 0xE8, 0x8A, 0x82])
        #expect(String(decoding: line, as: UTF8.self).contains(" - keelson "))
    }

    @Test("Sentences are in the target's language, with how often it happened")
    func languages() {
        let items = [NotificationCore.Item(Self.event, count: 3)]
        let english = NotificationText(cluster: "demo", language: .english)
        #expect(english.subject(items) == "[demo] warning: n2 has not reported for 4 s. (3 times)")
        let chinese = NotificationText(cluster: "demo", language: .chinese)
        #expect(chinese.subject(items) == "[demo] 警告：n2 已有 4 秒未上报。（3 次）")
        #expect(english.subject(items + items) == "[demo] 2 events, the worst of level warning")
        #expect(english.body(items + items).components("nodeSilent") == 2)
    }
}

extension String {
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}

@Suite("SMTP, the client's side")
struct SMTPConversationTests {
    private func order(tls: Bool = true, password: Bool = true, to: [String] = ["b@x"]) -> SMTPConversation.Order {
        .init(
            startsTLS: tls, credentials: password ? ("tim", "tanstaaftanstaaf") : nil, from: "a@x", to: to,
            message: "Subject: s\r\n\r\n.dot\r\n..two\r\n", greeting: "me.example")
    }

    @Test("The whole conversation; AUTH PLAIN as in RFC 4616, dots are doubled")
    func whole() {
        var smtp = SMTPConversation(order())
        #expect(smtp.received("220 mail ESMTP") == [.send("EHLO me.example\r\n")])
        #expect(smtp.received("250-mail") == [])
        #expect(smtp.received("250-PIPELINING") == [])
        #expect(smtp.received("250 STARTTLS") == [.send("STARTTLS\r\n")])
        #expect(smtp.received("220 go") == [.startTLS])
        #expect(smtp.secured() == [.send("EHLO me.example\r\n")])
        #expect(smtp.received("250-mail") == [])
        #expect(smtp.received("250 AUTH LOGIN PLAIN") == [.send("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n")])
        #expect(smtp.received("235 ok") == [.send("MAIL FROM:<a@x>\r\n")])
        #expect(smtp.received("250 ok") == [.send("RCPT TO:<b@x>\r\n")])
        #expect(smtp.received("250 ok") == [.send("DATA\r\n")])
        #expect(smtp.received("354 go") == [.send("Subject: s\r\n\r\n..dot\r\n...two\r\n.\r\n")])
        #expect(smtp.received("250 taken") == [.done])
    }

    @Test("AUTH LOGIN where PLAIN is not offered")
    func login() {
        var smtp = SMTPConversation(order(tls: false))
        _ = smtp.received("220 mail")
        _ = smtp.received("250-mail")
        #expect(smtp.received("250 AUTH LOGIN") == [.send("AUTH LOGIN\r\n")])
        #expect(smtp.received("334 VXNlcm5hbWU6") == [.send("dGlt\r\n")])
        #expect(smtp.received("334 UGFzc3dvcmQ6") == [.send("dGFuc3RhYWZ0YW5zdGFhZg==\r\n")])
        #expect(smtp.received("235 ok") == [.send("MAIL FROM:<a@x>\r\n")])
    }

    @Test("A recipient that is refused does not keep the mail from the others")
    func recipients() {
        var smtp = SMTPConversation(order(tls: false, password: false, to: ["b@x", "c@x"]))
        for line in ["220 mail", "250 mail", "250 ok"] { _ = smtp.received(line) }
        #expect(smtp.received("550 nobody") == [.send("RCPT TO:<c@x>\r\n")])
        #expect(smtp.received("250 ok") == [.send("DATA\r\n")])
        var none = SMTPConversation(order(tls: false, password: false))
        for line in ["220 mail", "250 mail", "250 ok"] { _ = none.received(line) }
        #expect(none.received("550 nobody") == [.failed("the mail server answered 550 nobody to the recipient b@x")])
    }

    @Test(
        "What is not as it must be ends it with a reason",
        arguments: [
            (["554 no service"], "the mail server answered 554 no service to the connection"),
            (["hello"], "the mail server does not speak SMTP: 'hello'"),
            (["220-a", "250 b"], "the mail server does not speak SMTP: '250 b'"),
            (["220 m", "250 m"], "the mail server does not offer STARTTLS"),
            (["220 m", "250-m", "250 STARTTLS", "454 not now"], "the mail server answered 454 not now to STARTTLS"),
        ])
    func failures(lines: [String], reason: String) {
        var smtp = SMTPConversation(order())
        var last: [SMTPConversation.Effect] = []
        for line in lines { last = smtp.received(line) }
        #expect(last == [.failed(reason)])
        #expect(smtp.received("250 m") == [])
    }
}
