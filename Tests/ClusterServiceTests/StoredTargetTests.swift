import APIProtocol
import Testing

@testable import ClusterService

@Suite struct StoredTargetTests {
    private static func mail(
        host: String = "m.example", user: String? = "tim", password: String? = nil
    ) -> NotificationTargetRequest {
        NotificationTargetRequest(
            kind: .smtp, name: "n",
            smtp: .init(
                host: host, security: .starttls, user: user, password: password, from: "a@x.example",
                to: ["b@x.example"]))
    }

    private static let state = NotificationState(pending: 0, delivered: 0, failed: 0)

    @Test func aSecretIsNeverShownAndStaysWhenItIsLeftOut() throws {
        let first = try StoredTarget("a", Self.mail(password: "sesame"), over: nil, at: 7)
        let shown = first.shown(Self.state)
        #expect(shown.smtp?.passwordSet == true && shown.smtp?.port == 587 && shown.minimumLevel == .warning)
        #expect(!String(decoding: try JSONDocument.encode(shown), as: UTF8.self).contains("sesame"))
        let second = try StoredTarget("a", Self.mail(), over: first, at: 9)
        #expect(second.wish.smtp?.password == "sesame" && second.since == 7 && second.revision == 2)
        let third = try StoredTarget("a", Self.mail(user: nil), over: second, at: 9)
        #expect(third.shown(Self.state).smtp?.passwordSet == false)
    }

    @Test func aPasswordDoesNotFollowToAnotherServer() throws {
        let first = try StoredTarget("a", Self.mail(password: "sesame"), over: nil, at: 7)
        #expect(throws: APIError(.missingField, field: "smtp.password")) {
            try StoredTarget("a", Self.mail(host: "evil.example"), over: first, at: 7)
        }
        #expect(throws: APIError(.missingField, field: "smtp.password")) {
            try StoredTarget("b", Self.mail(), over: nil, at: 7)
        }
    }

    @Test func aWebhookNeedsASecret() throws {
        let wish = NotificationTargetRequest(kind: .webhook, name: "n", webhook: .init(url: "https://x.example/"))
        #expect(throws: APIError(.missingField, field: "webhook.secret")) {
            try StoredTarget("a", wish, over: nil, at: 7)
        }
        var whole = wish
        whole.webhook?.secret = "0123456789abcdef"
        let stored = try StoredTarget("a", whole, over: nil, at: 7)
        #expect(try StoredTarget("a", wish, over: stored, at: 7).wish.webhook?.secret == "0123456789abcdef")
    }
}
