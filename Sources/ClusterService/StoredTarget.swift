import APIProtocol
import NotificationCore
import Texts

/// A target as the store keeps it, with its secrets.
struct StoredTarget: Codable, Equatable, Sendable {
    var id: String
    /// Every value present but for `password`, `secret`, `user` and `ca`.
    var wish: NotificationTargetRequest
    /// The store's revision when it was made.
    var since: Int64
    /// How often it was changed.
    var revision: Int

    /// - Parameter old: whose secrets stay where the request leaves them out.
    /// - Throws: `missingField` for a secret that nobody has set yet.
    init(_ id: String, _ request: NotificationTargetRequest, over old: StoredTarget?, at since: Int64) throws(APIError)
    {
        self.id = id
        var wish = request
        wish.enabled = request.enabled ?? true
        wish.minimumLevel = request.minimumLevel ?? .warning
        wish.kinds = request.kinds ?? []
        wish.language = request.language ?? .english
        if let mail = request.smtp {
            wish.smtp?.port = mail.port ?? Self.port(mail.security)
            if mail.user != nil, mail.password == nil {
                // A password goes to the server and the user it was given for, and to nobody else.
                guard let before = old?.wish.smtp, let password = before.password, before.host == mail.host,
                    before.user == mail.user
                else { throw APIError(.missingField, field: "smtp.password") }
                wish.smtp?.password = password
            }
        }
        if let hook = request.webhook, hook.secret == nil {
            guard let secret = old?.wish.webhook?.secret else { throw APIError(.missingField, field: "webhook.secret") }
            wish.webhook?.secret = secret
        }
        if let syslog = request.syslog { wish.syslog?.port = syslog.port ?? 6_514 }
        self.wish = wish
        self.since = old?.since ?? since
        revision = (old?.revision ?? 0) + 1
    }

    private static func port(_ security: MailSecurity) -> Int {
        switch security {
        case .starttls: 587
        case .tls: 465
        case .none: 25
        }
    }

    var language: Language { wish.language ?? .english }

    var decided: NotificationCore.Target {
        .init(
            id: id, isEnabled: wish.enabled ?? true, minimumLevel: wish.minimumLevel ?? .warning,
            kinds: wish.kinds ?? [], since: since, revision: revision)
    }

    /// Without secrets.
    func shown(_ state: NotificationState) -> NotificationTarget {
        NotificationTarget(
            id: id, kind: wish.kind, name: wish.name, enabled: decided.isEnabled, minimumLevel: decided.minimumLevel,
            kinds: decided.kinds, language: language,
            smtp: wish.smtp.map {
                .init(
                    host: $0.host, port: $0.port ?? 0, security: $0.security, user: $0.user,
                    passwordSet: $0.password != nil, from: $0.from, to: $0.to, ca: $0.ca)
            },
            webhook: wish.webhook.map { .init(url: $0.url, secretSet: $0.secret != nil, ca: $0.ca) },
            syslog: wish.syslog.map { .init(host: $0.host, port: $0.port ?? 0, ca: $0.ca) }, state: state)
    }
}

/// All targets, in one document.
struct StoredTargets: Codable, Equatable, Sendable {
    var targets: [StoredTarget] = []
}
