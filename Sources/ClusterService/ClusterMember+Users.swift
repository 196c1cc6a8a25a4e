import AccessCore
import APIProtocol
import NIOConcurrencyHelpers
import Primitives

/// Users, their sessions, and the rules of security.
extension ClusterMember {
    func users() async throws -> [UserInfo] {
        let (view, now) = (try await refreshAccess(), Timestamp.now)
        return view.people.map { $0.value.info(view.logins[$0.value.id], at: now) }.sorted { $0.name < $1.name }
    }

    func createUser(_ user: NewUser) async throws -> UserInfo {
        let epoch = try requireMastership()
        let person = Person(
            name: user.name, role: user.role, created: .now,
            password: try await access.hash(password: user.password))
        let key = ClusterKeys.person(person.id)
        do {
            try await store.change([.put(person, at: key)], if: [.absent(key)], by: epoch)
        } catch is ConditionFailed {
            throw APIError(.duplicateUser, field: "name", ["name": user.name])
        }
        try await refreshAccess()
        return person.info(nil, at: .now)
    }

    func changeUser(_ id: String, _ change: UserChange) async throws -> UserInfo {
        try await again { try await self.change(id, change) }
    }

    private func change(_ id: String, _ change: UserChange) async throws -> UserInfo {
        let epoch = try requireMastership()
        let view = try await refreshAccess()
        let person = try Self.require(id, in: view)
        var changed = person.value
        if let role = change.role { changed.role = role }
        if let disabled = change.disabled { changed.disabled = disabled }
        var extra: [Change] = []
        if let password = change.password {
            try Rule.password(password, name: changed.name, "password")
            changed.password = try await access.hash(password: password)
            // Whoever sets a new password wants it to be of use at once.
            extra = [.delete(ClusterKeys.login(id))]
            access.limiter.withLockedValue { $0.succeeded(name: changed.name, client: nil) }
        }
        try await write(
            changed, over: person, ending: view.sessions(of: id).map(\.id), with: extra,
            if: try Self.keepAdministrator(view, changing: person.value, to: changed), by: epoch)
        return changed.info(access.view.withLockedValue { $0.logins[id] }, at: .now)
    }

    func removeUser(_ id: String) async throws { try await again { try await self.remove(id) } }

    private func remove(_ id: String) async throws {
        let epoch = try requireMastership()
        let view = try await refreshAccess()
        let person = try Self.require(id, in: view)
        // What it made would go on in its name.
        let tokens = self.view.withLockedValue { $0.userTokens }.filter { $0.info.owner == id }
        try await write(
            nil, over: person, ending: view.sessions(of: id).map(\.id),
            with: [.delete(ClusterKeys.login(id))]
                + tokens.prefix(20).map { .delete(ClusterKeys.userToken($0.info.id)) },
            if: try Self.keepAdministrator(view, changing: person.value, to: nil), by: epoch)
        if !tokens.isEmpty { try await refreshView() }
    }

    func resetSecondFactor(of id: String) async throws { try await again { try await self.reset(id) } }

    private func reset(_ id: String) async throws {
        let epoch = try requireMastership()
        let view = try await refreshAccess()
        let person = try Self.require(id, in: view)
        var changed = person.value
        changed.forgetSecondFactor()
        try await write(changed, over: person, ending: view.sessions(of: id).map(\.id), by: epoch)
    }

    /// A user who logs in with a code is written at the same moment: looked at anew, then decided anew.
    private func again<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<3 {
            do { return try await body() } catch is ConditionFailed { continue }
        }
        return try await body()
    }

    static func require(_ id: String, in view: AccessView) throws -> Stored<Person> {
        guard let person = view.person(id) else { throw APIError(.unknownUser, ["user": id]) }
        return person
    }

    /// - Returns: what must still hold when it is written: two administrators may be demoted at the same time.
    private static func keepAdministrator(
        _ view: AccessView, changing person: Person, to changed: Person?
    ) throws -> [Condition] {
        guard People.keepAdministrator(view.people.map(\.value), changing: person.id, to: changed) else {
            throw APIError(.lastAdministrator, ["user": person.name])
        }
        let wasOne = person.role == .administrator && !person.disabled
        guard wasOne, changed.map({ $0.role != .administrator || $0.disabled }) ?? true else { return [] }
        let others = view.people.filter {
            $0.value.role == .administrator && !$0.value.disabled && $0.value.id != person.id
        }
        return others.prefix(1).map { .unchanged($0.key, $0.modified) }
    }

    /// One transaction for the user and its sessions; sessions beyond a hundred follow at once.
    /// - Parameter changed: nil removes the user.
    func write(
        _ changed: Person?, over person: Stored<Person>, ending sessions: [String] = [], with more: [Change] = [],
        if conditions: [Condition] = [], by epoch: Epoch
    ) async throws {
        let first: Change = changed.map { .put($0, at: person.key) } ?? .delete(person.key)
        let endings = sessions.map { Change.delete(ClusterKeys.session($0)) }
        try await store.change(
            [first] + more + endings.prefix(90), if: [.unchanged(person.key, person.modified)] + conditions, by: epoch)
        var rest = endings.dropFirst(90)
        while !rest.isEmpty {
            try await store.change(Array(rest.prefix(100)), by: epoch)
            rest = rest.dropFirst(100)
        }
        try await refreshAccess()
    }

    // MARK: Sessions

    func sessions() async throws -> [SessionInfo] {
        let (view, now) = (try await refreshAccess(), Timestamp.now)
        return view.sessions.values.map(\.value).filter { $0.isAlive(at: now, settings: view.settings) }
            .compactMap { session in
                view.person(session.person).map { session.info(of: $0.value, settings: view.settings) }
            }.sorted { ($1.created, $1.id) < ($0.created, $0.id) }
    }

    func endSession(_ id: String) async throws {
        let epoch = try requireMastership()
        guard try await refreshAccess().sessions[id] != nil else {
            throw APIError(.unknownSession, ["session": String(id.prefix(64))])
        }
        try await store.change([.delete(ClusterKeys.session(id))], by: epoch)
        try await refreshAccess()
    }

    // MARK: Rules

    func security() async throws -> SecuritySettings { try await refreshAccess().settings }

    func changeSecurity(_ settings: SecuritySettings) async throws -> SecuritySettings {
        let epoch = try requireMastership()
        try await store.change([.put(settings, at: ClusterKeys.security)], by: epoch)
        try await refreshAccess()
        return settings
    }
}
