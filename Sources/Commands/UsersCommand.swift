import APIProtocol
import ArgumentParser

/// `keelson users …`
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Shows, adds, changes and removes users.",
        subcommands: [List.self, Add.self, Change.self, Remove.self, ResetSecondFactor.self])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the users.")

        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let users: ItemList<UserInfo> = try await session.client.call(.users)
            try session.show(users) {
                let columns = [
                    "id", "name", "role", "disabled", "secondFactor", "since", "lastLogin", "lockedUntil",
                ]
                return Table.lines(
                    header: columns.map { session.text("column.\($0)") },
                    rows: users.items.map {
                        [
                            $0.id, $0.name, session.text("userRole.\($0.role.rawValue)"), session.word($0.disabled),
                            session.word($0.secondFactor), $0.created.description,
                            $0.lastLogin?.description ?? "-", $0.lockedUntil?.description ?? "-",
                        ]
                    })
            }
        }
    }

    struct Add: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Adds a user; asks for the password.")

        @Argument(help: "The user's name.") var name: String
        @Option(help: "What the user may do.") var role: UserRole = .viewer
        @Option(help: "Take the password from the first line of this file.", completion: .file())
        var passwordFile: String?
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let password =
                try passwordFile.map { try Passwords.read(fromFile: $0) } ?? Passwords.ask(session, name: name)
            let user: UserInfo = try await session.client.call(
                .createUser, body: NewUser(name: name, role: role, password: password))
            try session.show(user) {
                [
                    session.text(
                        "users.added", ["name": user.name, "role": session.text("userRole.\(user.role.rawValue)")])
                ]
            }
        }
    }

    struct Change: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a user, whose sessions end.",
            discussion: "On a node, root also sets the password of an administrator who forgot it.")

        @Argument(help: "The user's name.") var name: String
        @Option(help: "What the user may do from now on.") var role: UserRole?
        @Flag(help: "The user can no longer log in.") var disable = false
        @Flag(help: "The user can log in again.") var enable = false
        @Flag(help: "Ask for a new password.") var password = false
        @Option(help: "Take the new password from the first line of this file.", completion: .file())
        var passwordFile: String?
        @OptionGroup var options: GlobalOptions

        func validate() throws {
            guard !(disable && enable) else { throw ValidationError("Give either --disable or --enable.") }
            guard role != nil || disable || enable || password || passwordFile != nil else {
                throw ValidationError("Give what is to be changed: --role, --disable, --enable, --password.")
            }
        }

        func perform(_ session: Session) async throws {
            let user = try await session.user(named: name)
            var change = UserChange(role: role)
            if disable || enable { change.disabled = disable }
            if let passwordFile {
                change.password = try Passwords.read(fromFile: passwordFile)
            } else if password {
                change.password = try Passwords.ask(session, name: user.name)
            }
            let changed: UserInfo = try await session.client.call(.changeUser, user.id, body: change)
            try session.show(changed) { [session.text("users.changed", ["name": changed.name])] }
        }
    }

    struct Remove: SessionCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a user, its sessions and its tokens.")

        @Argument(help: "The user's name.") var name: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let user = try await session.user(named: name)
            if let held = try await session.client.callHeld(.removeUser, user.id) {
                return try session.show(held: held)
            }
            try session.done("users.removed", ["name": user.name])
        }
    }

    struct ResetSecondFactor: SessionCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-second-factor", abstract: "Removes a user's authenticator and recovery codes.")

        @Argument(help: "The user's name.") var name: String
        @OptionGroup var options: GlobalOptions

        func perform(_ session: Session) async throws {
            let user = try await session.user(named: name)
            try await session.client.call(.resetSecondFactor, user.id)
            try session.done("users.secondFactorReset", ["name": user.name])
        }
    }
}

extension Session {
    /// By name or identity.
    func user(named name: String) async throws -> UserInfo {
        let users: ItemList<UserInfo> = try await client.call(.users)
        let found = users.items.first { $0.name.lowercased() == name.lowercased() || $0.id == name }
        guard let found else { throw APIError(.unknownUser, ["user": name]) }
        return found
    }

    func word(_ flag: Bool) -> String { text(flag ? "word.yes" : "word.no") }

    func show(held: HeldAnswer) throws {
        try show(held) { [text("approvals.held", ["approval": held.approval])] }
    }
}
