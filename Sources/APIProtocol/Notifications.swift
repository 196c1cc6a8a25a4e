import Texts

/// How a target is reached.
public enum NotificationKind: String, Codable, Sendable, CaseIterable {
    case smtp, webhook, syslog
}

/// How a connection to a mail server is protected.
public enum MailSecurity: String, Codable, Sendable, CaseIterable {
    /// RFC 3207; refused when the server does not offer it.
    case starttls
    /// TLS from the first byte (RFC 8314).
    case tls
    /// In the clear; no password goes over it.
    case none
}

/// Makes or replaces a target. Exactly the part that belongs to `kind` is given.
public struct NotificationTargetRequest: Codable, Equatable, Sendable {
    public var kind: NotificationKind
    /// For people, 1 to 64 characters.
    public var name: String
    /// Left out: true.
    public var enabled: Bool?
    /// Events below it are not sent. Left out: `warning`.
    public var minimumLevel: EventLevel?
    /// Only these kinds of events; left out or empty: all.
    public var kinds: [String]?
    /// Of the messages. Left out: `en`.
    public var language: Language?
    public var smtp: Mail?
    public var webhook: Webhook?
    public var syslog: Syslog?

    public struct Mail: Codable, Equatable, Sendable {
        public var host: String
        /// Left out: 587, with `tls` 465, with `none` 25.
        public var port: Int?
        public var security: MailSecurity
        public var user: String?
        /// Left out: the one that is set stays.
        public var password: String?
        public var from: String
        public var to: [String]
        /// PEM of the authority to trust; left out: the system's.
        public var ca: String?

        public init(
            host: String, port: Int? = nil, security: MailSecurity, user: String? = nil, password: String? = nil,
            from: String, to: [String], ca: String? = nil
        ) {
            self.host = host
            self.port = port
            self.security = security
            self.user = user
            self.password = password
            self.from = from
            self.to = to
            self.ca = ca
        }
    }

    public struct Webhook: Codable, Equatable, Sendable {
        /// https only.
        public var url: String
        /// Signs each request. Left out: the one that is set stays.
        public var secret: String?
        /// PEM of the authority to trust; left out: the system's.
        public var ca: String?

        public init(url: String, secret: String? = nil, ca: String? = nil) {
            self.url = url
            self.secret = secret
            self.ca = ca
        }
    }

    public struct Syslog: Codable, Equatable, Sendable {
        public var host: String
        /// Left out: 6514 (RFC 5425).
        public var port: Int?
        /// PEM of the authority to trust; left out: the system's.
        public var ca: String?

        public init(host: String, port: Int? = nil, ca: String? = nil) {
            self.host = host
            self.port = port
            self.ca = ca
        }
    }

    public init(
        kind: NotificationKind, name: String, enabled: Bool? = nil, minimumLevel: EventLevel? = nil,
        kinds: [String]? = nil, language: Language? = nil, smtp: Mail? = nil, webhook: Webhook? = nil,
        syslog: Syslog? = nil
    ) {
        self.kind = kind
        self.name = name
        self.enabled = enabled
        self.minimumLevel = minimumLevel
        self.kinds = kinds
        self.language = language
        self.smtp = smtp
        self.webhook = webhook
        self.syslog = syslog
    }
}

/// A target without its secrets.
public struct NotificationTarget: Codable, Equatable, Sendable {
    public var id: String
    public var kind: NotificationKind
    public var name: String
    public var enabled: Bool
    public var minimumLevel: EventLevel
    /// Empty: all.
    public var kinds: [String]
    public var language: Language
    public var smtp: Mail?
    public var webhook: Webhook?
    public var syslog: Syslog?
    public var state: NotificationState

    public struct Mail: Codable, Equatable, Sendable {
        public var host: String
        public var port: Int
        public var security: MailSecurity
        public var user: String?
        public var passwordSet: Bool
        public var from: String
        public var to: [String]
        public var ca: String?

        public init(
            host: String, port: Int, security: MailSecurity, user: String?, passwordSet: Bool, from: String,
            to: [String], ca: String?
        ) {
            self.host = host
            self.port = port
            self.security = security
            self.user = user
            self.passwordSet = passwordSet
            self.from = from
            self.to = to
            self.ca = ca
        }
    }

    public struct Webhook: Codable, Equatable, Sendable {
        public var url: String
        public var secretSet: Bool
        public var ca: String?

        public init(url: String, secretSet: Bool, ca: String?) {
            self.url = url
            self.secretSet = secretSet
            self.ca = ca
        }
    }

    public struct Syslog: Codable, Equatable, Sendable {
        public var host: String
        public var port: Int
        public var ca: String?

        public init(host: String, port: Int, ca: String?) {
            self.host = host
            self.port = port
            self.ca = ca
        }
    }

    public init(
        id: String, kind: NotificationKind, name: String, enabled: Bool, minimumLevel: EventLevel, kinds: [String],
        language: Language, smtp: Mail? = nil, webhook: Webhook? = nil, syslog: Syslog? = nil,
        state: NotificationState
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.enabled = enabled
        self.minimumLevel = minimumLevel
        self.kinds = kinds
        self.language = language
        self.smtp = smtp
        self.webhook = webhook
        self.syslog = syslog
        self.state = state
    }
}

/// How the deliveries to a target go, in events.
public struct NotificationState: Codable, Equatable, Sendable {
    public var pending: Int
    public var delivered: Int64
    /// Given up; the latest of them are among the undelivered.
    public var failed: Int64
    /// Of the last attempt, if that failed; one English clause.
    public var lastError: String?
    public var lastDelivered: Timestamp?

    public init(
        pending: Int, delivered: Int64, failed: Int64, lastError: String? = nil, lastDelivered: Timestamp? = nil
    ) {
        self.pending = pending
        self.delivered = delivered
        self.failed = failed
        self.lastError = lastError
        self.lastDelivered = lastDelivered
    }
}

/// All targets, in the order of their identities.
public struct NotificationTargets: Codable, Equatable, Sendable {
    public var targets: [NotificationTarget]

    public init(targets: [NotificationTarget]) { self.targets = targets }
}

/// What came of a test message.
public struct NotificationTestAnswer: Codable, Equatable, Sendable {
    public var delivered: Bool
    /// One English sentence when it was not.
    public var error: String?
    public var milliseconds: Double

    public init(delivered: Bool, error: String? = nil, milliseconds: Double) {
        self.delivered = delivered
        self.error = error
        self.milliseconds = milliseconds
    }
}

/// An event that has not reached a target: being tried again, or given up.
public struct UndeliveredNotification: Codable, Equatable, Sendable {
    /// The target's identity.
    public var target: String
    public var event: ClusterEvent
    public var attempts: Int
    public var lastError: String
    /// nil: given up.
    public var nextAttempt: Timestamp?

    public init(
        target: String, event: ClusterEvent, attempts: Int, lastError: String, nextAttempt: Timestamp? = nil
    ) {
        self.target = target
        self.event = event
        self.attempts = attempts
        self.lastError = lastError
        self.nextAttempt = nextAttempt
    }
}
