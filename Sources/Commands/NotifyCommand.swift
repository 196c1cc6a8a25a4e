import APIProtocol
import ArgumentParser
import Texts

/// `keelson notify …`
struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Where events are sent: mail, webhook, syslog.",
        subcommands: [List.self, Set.self, Remove.self, Test.self])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the targets and how the deliveries go.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let answer: NotificationTargets = try await session.client.call(.notifications)
            try session.show(answer) {
                guard !answer.targets.isEmpty else { return [session.text("notify.none")] }
                let columns = ["id", "kind", "name", "enabled", "level", "pending", "delivered", "failed", "error"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: answer.targets.map {
                        [
                            $0.id, $0.kind.rawValue, $0.name, session.text($0.enabled ? "word.yes" : "word.no"),
                            session.text("level.\($0.minimumLevel.rawValue)"), "\($0.state.pending)",
                            "\($0.state.delivered)", "\($0.state.failed)",
                            Catalogue.clause($0.state.lastError ?? "-", session.language),
                        ]
                    })
            }
        }
    }

    struct Set: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a target or replaces it.",
            discussion: """
                Give --smtp HOST with --from and --to, or --webhook URL, or --syslog HOST. Secrets come from files, so \
                that nobody sees them in the process list; without the file the secret that is set stays.
                """)

        @Argument(help: "The target's identity: letters, digits, '-' and '_'.") var id: String
        @Option(help: "For people; by default the identity.") var name: String?
        @Option(help: ArgumentHelp("A mail server.", valueName: "host")) var smtp: String?
        @Option(help: ArgumentHelp("An https URL that takes signed JSON.", valueName: "url")) var webhook: String?
        @Option(help: ArgumentHelp("A log server (RFC 5424 over TLS).", valueName: "host")) var syslog: String?
        @Option(help: "The port, if it is not the usual one.") var port: Int?
        @Option(help: "starttls, tls or none.") var security: MailSecurity = .starttls
        @Option(help: "The user at the mail server.") var user: String?
        @Option(help: "A file with the user's password.", completion: .file()) var passwordFile: String?
        @Option(help: "A file with the webhook's secret.", completion: .file()) var secretFile: String?
        @Option(help: "The sender's address.") var from: String?
        @Option(help: "A recipient; may be repeated.") var to: [String] = []
        @Option(help: "A file with the authority to trust (PEM).", completion: .file()) var trust: String?
        @Option(help: "info, warning or error.") var level: EventLevel = .warning
        @Option(help: "Only this kind of event; may be repeated.") var kind: [String] = []
        @Option(help: "Of the messages: en or zh.") var messages: Language = .english
        @Flag(help: "Keep the target, but send nothing.") var disabled = false
        @OptionGroup var options: GlobalOptions

        func validate() throws {
            guard [smtp, webhook, syslog].count(where: { $0 != nil }) == 1 else {
                throw ValidationError("Give one of --smtp, --webhook and --syslog.")
            }
            guard smtp == nil || from != nil && !to.isEmpty else {
                throw ValidationError("--smtp goes with --from and --to.")
            }
        }

        func perform(_ session: Session) async throws {
            let ca = try trust.map(Session.readFile)
            var request = NotificationTargetRequest(
                kind: .smtp, name: name ?? id, enabled: !disabled, minimumLevel: level, kinds: kind, language: messages)
            if let smtp {
                request.smtp = .init(
                    host: smtp, port: port, security: security, user: user, password: try secret(passwordFile),
                    from: from ?? "", to: to, ca: ca)
            } else if let webhook {
                request.kind = .webhook
                request.webhook = .init(url: webhook, secret: try secret(secretFile), ca: ca)
            } else if let syslog {
                request.kind = .syslog
                request.syslog = .init(host: syslog, port: port, ca: ca)
            }
            let target: NotificationTarget = try await session.client.call(.putNotification, id, body: request)
            try session.show(target) { [session.text("notify.set", ["target": target.id])] }
        }

        /// The first line.
        private func secret(_ path: String?) throws -> String? {
            try path.map { try Session.readFile($0).split(whereSeparator: \.isNewline).first.map(String.init) ?? "" }
        }
    }

    struct Remove: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a target and what waits for it.")

        @Argument(help: "The target's identity.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.deleteNotification, id)
            try session.done("notify.removed", ["target": id])
        }
    }

    struct Test: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends a test message; the exit code tells whether it was delivered.")

        @Argument(help: "The target's identity.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let answer: NotificationTestAnswer = try await session.client.call(.testNotification, id)
            if !answer.delivered, session.isText {
                throw CommandFailure(status: .failed, description: answer.error ?? "")
            }
            try session.show(answer) {
                [session.text("notify.delivered", ["time": Figures.decimal(answer.milliseconds)])]
            }
            if !answer.delivered { throw CommandFailure(status: .failed, description: answer.error ?? "") }
        }
    }
}

extension MailSecurity: ExpressibleByArgument {}
extension EventLevel: ExpressibleByArgument {}
