import APIProtocol
import ArgumentParser
import MembershipCore
import Texts

/// `keelson nodes token …`
struct JoinTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Makes, lists and revokes join tokens.",
        subcommands: [Create.self, List.self, Revoke.self])

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case voter, witness
    }

    struct Create: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token with which nodes join without approval. It is shown this once.")

        @Option(help: "How long it is good: 30m, 24h; at most 24h.", transform: parseDuration) var ttl: Int = 86_400
        @Option(help: "How many nodes may use it.") var uses = 1
        @Option(help: "What the nodes become.") var role: Role = .voter
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let request = JoinTokenRequest(
                ttlSeconds: ttl, uses: uses, role: LocalMembership.Role(rawValue: role.rawValue))
            let created: CreatedJoinToken = try await session.client.call(.createToken, body: request)
            // Alone on its line, for scripts.
            try session.show(created) { [created.token] }
        }
    }

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the join tokens, without their secrets.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let tokens: ItemList<JoinTokenInfo> = try await session.client.call(.tokens)
            try session.show(tokens) {
                let columns = ["id", "role", "expires", "usesLeft", "revoked"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: tokens.items.map {
                        [
                            $0.id, session.text("role.\($0.role.rawValue)"), $0.expires.description,
                            "\($0.usesLeft)", session.text($0.revoked ? "word.yes" : "word.no"),
                        ]
                    })
            }
        }
    }

    struct Revoke: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a join token useless.")

        @Argument(help: "The token's identity, from the list.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.revokeToken, id)
            try session.done("token.revoked", ["token": id])
        }
    }
}

/// `keelson user-token …`
struct UserTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user-token", abstract: "Makes, lists and revokes the tokens of users.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a user's token. It is shown this once.")

        @Argument(help: "Whose it is.") var name: String
        @Option(help: "What the user may do.") var role: UserRole = .viewer
        @Option(help: "How long it is good: 12h, 90d; without, until it is revoked.", transform: parseDuration)
        var ttl: Int?
        @Option(
            parsing: .upToNextOption,
            help: "What it is for, as 'nodes failovers'; without, all that the role may.")
        var group: [String] = []
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let request = UserTokenRequest(
                name: name, role: role, ttlSeconds: ttl,
                groups: group.isEmpty ? nil : group.map(EndpointGroup.init(rawValue:)))
            let created: CreatedUserToken = try await session.client.call(.createUserToken, body: request)
            try session.show(created) { [created.token] }
        }
    }

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the tokens of users, without their secrets.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let tokens: ItemList<UserTokenInfo> = try await session.client.call(.userTokens)
            try session.show(tokens) {
                let columns = ["id", "name", "role", "since", "expires", "groups"]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: tokens.items.map {
                        [
                            $0.id, $0.name, session.text("userRole.\($0.role.rawValue)"), $0.created.description,
                            $0.expires?.description ?? "-",
                            $0.groups.map { $0.map(\.rawValue).joined(separator: " ") } ?? "-",
                        ]
                    })
            }
        }
    }

    struct Revoke: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a user's token useless.")

        @Argument(help: "The token's identity, from the list.") var id: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            try await session.client.call(.revokeUserToken, id)
            try session.done("token.revoked", ["token": id])
        }
    }
}

extension UserRole: ExpressibleByArgument {}

/// For `--ttl`.
@Sendable func parseDuration(_ text: String) throws -> Int {
    guard let seconds = Figures.seconds(text) else {
        throw ValidationError("'\(text)' is not a time as 90s, 30m, 24h or 7d.")
    }
    return seconds
}
