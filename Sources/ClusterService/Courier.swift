import APIProtocol
import Delivery
import NIOCore
import NotificationCore
import Primitives

/// Turns events into one message in the target's language and hands it to the client of its kind.
struct Courier: Sendable {
    /// What a webhook gets; `test` is true for a test message.
    struct Document: Codable, Equatable, Sendable {
        struct Entry: Codable, Equatable, Sendable {
            var event: ClusterEvent
            /// In the target's language.
            var sentence: String
            var count: Int
        }

        var cluster: String
        var test: Bool
        var events: [Entry]
    }

    let cluster: String
    let group: any EventLoopGroup

    func deliver(
        _ items: [NotificationCore.Item], to target: StoredTarget, isTest: Bool = false
    ) async throws(DeliveryFailure) {
        let text = NotificationText(cluster: cluster, language: target.language)
        if let mail = target.wish.smtp {
            try await send(items, text, mail)
        } else if let hook = target.wish.webhook {
            let document = Document(
                cluster: cluster, test: isTest,
                events: items.map { .init(event: $0.event, sentence: text.sentence($0), count: $0.count) })
            let now = Timestamp.now
            try await WebhookClient(group: group).post(
                Self.bytes(document), to: hook.url, secret: hook.secret, ca: hook.ca,
                seconds: now.milliseconds / 1_000)
        } else if let syslog = target.wish.syslog {
            let frames = items.flatMap { SyslogMessage.frame($0.event, host: cluster, text: text.sentence($0)) }
            try await SyslogClient(group: group).send(
                frames, to: syslog.host, port: syslog.port ?? 6_514, ca: syslog.ca)
        }
    }

    private func send(
        _ items: [NotificationCore.Item], _ text: NotificationText, _ mail: NotificationTargetRequest.Mail
    ) async throws(DeliveryFailure) {
        let numbers = items.map(\.event.sequence)
        let domain = String(mail.from.split(separator: "@").last ?? "keelson")
        let message = MailMessage(
            from: mail.from, to: mail.to, subject: text.subject(items), body: text.body(items), date: .now,
            // The same message sent twice has the same identity: mail servers and people can tell.
            identity: "keelson.\(numbers.min() ?? 0).\(numbers.max() ?? 0).\(cluster)", domain: domain)
        let credentials = mail.user.flatMap { user in mail.password.map { (user, $0) } }
        try await MailClient(group: group).send(
            message,
            to: MailServer(
                host: mail.host, port: mail.port ?? 25, security: mail.security, credentials: credentials, ca: mail.ca),
            as: domain)
    }

    private static func bytes(_ document: Document) -> [UInt8] {
        do {
            return try JSONDocument.encode(document)
        } catch {
            preconditionFailure("texts and numbers cannot be written as JSON: \(error)")
        }
    }
}
