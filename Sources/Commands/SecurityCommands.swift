import APIProtocol
import ArgumentParser
import Texts

/// `keelson session …`
struct UserSessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Shows and ends the sessions of users.", subcommands: [List.self, End.self])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the open sessions, latest first.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let sessions: ItemList<SessionInfo> = try await session.client.call(.sessions)
            try session.show(sessions) {
                let columns = ["id", "name", "role", "client", "secondFactor", "since", "lastUsed", "expires"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: sessions.items.map {
                        [
                            $0.id, $0.name, session.text("userRole.\($0.role.rawValue)"), $0.client ?? "-",
                            session.word($0.secondFactor), $0.created.description, $0.lastUsed.description,
                            $0.expires.description,
                        ]
                    })
            }
        }
    }

    struct End: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a session.")

        @Argument(help: "The session's identity, from the list.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.endOtherSession, id)
            try session.done("session.ended", ["session": id])
        }
    }
}

/// `keelson audit …`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Shows, exports and verifies the audit trail.",
        subcommands: [List.self, Export.self, Verify.self])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows who did what, oldest first.")

        @Option(help: "Only entries after this number.") var after: Int64?
        @Option(name: [.customShort("n"), .long], help: "At most so many, 1 to 1000.") var limit = 50
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            var query = [("limit", "\(limit)")]
            if let after { query.append(("after", "\(after)")) }
            let entries: ItemList<AuditEntry> = try await session.client.call(.audit, query: query)
            try session.show(entries) {
                let columns = ["number", "time", "who", "client", "action", "target", "outcome"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: entries.items.map {
                        [
                            "\($0.number)", $0.at.description, $0.who, $0.client ?? "-", session.action($0.action),
                            $0.target.isEmpty ? "-" : $0.target, session.outcome($0.outcome),
                        ]
                    })
            }
        }
    }

    struct Export: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the whole trail to standard output, one JSON object a line.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            print(try await session.client.text(.exportAudit), terminator: "")
        }
    }

    struct Verify: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that no entry was removed, changed, inserted or moved; exit code 1 when one was.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let report: AuditReport = try await session.client.call(.verifyAudit)
            try session.show(report) {
                guard let number = report.firstBroken, let reason = report.reason else {
                    return [session.text("audit.intact", ["entries": "\(report.entries)"])]
                }
                return [
                    session.text(
                        "audit.broken",
                        ["number": "\(number)", "reason": session.text("auditReason.\(reason.rawValue)")])
                ]
            }
            if !report.intact { throw ExitCode(Commands.ExitStatus.failed.rawValue) }
        }
    }
}

/// `keelson approvals …`
struct ApprovalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approvals", abstract: "Shows, approves and rejects what four eyes must see.",
        subcommands: [List.self, Approve.self, Reject.self])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists what waits for approval, oldest first.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let approvals: ItemList<ApprovalInfo> = try await session.client.call(.approvals)
            try session.show(approvals) {
                guard !approvals.items.isEmpty else { return [session.text("approvals.none")] }
                let columns = ["id", "action", "target", "who", "since", "expires"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: approvals.items.map {
                        [
                            $0.id, session.action($0.action), $0.target.isEmpty ? "-" : $0.target, $0.by,
                            $0.at.description,
                            $0.expires.description,
                        ]
                    })
            }
        }
    }

    struct Approve: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Approves a request of another user: it is done now.")

        @Argument(help: "The approval's identity, from the list.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.approveRequest, id)
            try session.done("approvals.approved", ["approval": id])
        }
    }

    struct Reject: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Rejects a request, or withdraws one's own.")

        @Argument(help: "The approval's identity, from the list.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.rejectRequest, id)
            try session.done("approvals.rejected", ["approval": id])
        }
    }
}

/// `keelson security …`
struct SecurityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "security", abstract: "Shows or changes the rules of security.",
        subcommands: [Show.self, Set.self])

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the rules of security.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let settings: SecuritySettings = try await session.client.call(.security)
            try session.show(settings) { session.lines(settings) }
        }
    }

    struct Set: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes the rules of security; what is not given stays.")

        @Option(help: "What destroys waits until another user approves.") var fourEyes: OnOff?
        @Option(help: "Every user must set up a second factor.") var requireSecondFactor: OnOff?
        @Option(help: "Sessions end after so many minutes, 5 to 10080.") var sessionMinutes: Int?
        @Option(help: "Unused sessions end after so many minutes, 5 to 1440.") var idleMinutes: Int?
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            var settings: SecuritySettings = try await session.client.call(.security)
            if let fourEyes { settings.fourEyes = fourEyes == .on }
            if let requireSecondFactor { settings.requireSecondFactor = requireSecondFactor == .on }
            if let sessionMinutes { settings.sessionMinutes = sessionMinutes }
            if let idleMinutes { settings.idleMinutes = idleMinutes }
            if let held = try await session.client.callHeld(.changeSecurity, body: settings) {
                return try session.show(held: held)
            }
            try session.show(settings) { session.lines(settings) }
        }
    }
}

/// Says both ways what is meant.
enum OnOff: String, ExpressibleByArgument, CaseIterable {
    case on, off
}

extension Session {
    /// An endpoint's action in words; as it is when a newer node knows more.
    fileprivate func action(_ action: String) -> String {
        Catalogue.sentence("auditAction.\(action)", [:], language) ?? action
    }

    /// `done`, `held`, or the code of an error.
    fileprivate func outcome(_ outcome: String) -> String {
        Catalogue.sentence("auditOutcome.\(outcome)", [:], language) ?? outcome
    }

    fileprivate func lines(_ settings: SecuritySettings) -> [String] {
        [
            "\(text("security.fourEyes")): \(word(settings.fourEyes))",
            "\(text("security.requireSecondFactor")): \(word(settings.requireSecondFactor))",
            "\(text("security.sessionMinutes")): \(settings.sessionMinutes)",
            "\(text("security.idleMinutes")): \(settings.idleMinutes)",
        ]
    }
}
