import AccessCore
import APIProtocol
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// Logging in and out, and what a user does with its own access.
extension ClusterMember {
    /// Reads users and sessions anew: a write that was answered before is in it.
    @discardableResult
    func refreshAccess() async throws -> AccessView {
        let fresh = try await store.access()
        access.take(fresh)
        return fresh
    }

    func authenticate(_ token: SessionToken) async throws -> UserIdentity? {
        guard let (session, person, view) = try await session(token.id) else { return nil }
        let now = Timestamp.now
        guard session.value.admits(token, at: now, settings: view.settings), !person.disabled else { return nil }
        if let record = access.touched(session.value, at: now) {
            Task {
                do { try await store.touch(session, to: record) } catch {
                    logger.debug("a session's last use is not written down", metadata: ["error": "\(error)"])
                }
            }
        }
        return session.value.identity(
            of: person, settings: view.settings, lackSecurityOfficer: view.lackSecurityOfficer)
    }

    func confirm(_ user: UserIdentity) async throws -> UserIdentity? {
        guard user.kind == .session else {
            let record = view.withLockedValue { $0.userTokens }.first { $0.info.id == user.id }
            return record.flatMap { $0.info.isValid(at: .now) && isBacked($0.info) ? $0.info.identity : nil }
        }
        guard let id = user.session, let (session, person, view) = try await session(id),
            session.value.isAlive(at: .now, settings: view.settings), person.id == user.id, !person.disabled
        else { return nil }
        return session.value.identity(
            of: person, settings: view.settings, lackSecurityOfficer: view.lackSecurityOfficer)
    }

    /// From memory; from the store what this node has not heard of yet.
    private func session(_ id: String) async throws -> (Stored<SessionRecord>, Person, AccessView)? {
        let known = access.view.withLockedValue { $0 }
        if let session = known.sessions[id], let person = known.person(session.value.person) {
            return (session, person.value, known)
        }
        guard try await store.get(SessionRecord.self, at: ClusterKeys.session(id)) != nil else { return nil }
        let fresh = try await refreshAccess()
        guard let session = fresh.sessions[id], let person = fresh.person(session.value.person) else { return nil }
        return (session, person.value, fresh)
    }

    /// Who is locked costs nothing; for everybody else the order and the cost of the steps are the same, whether the name
    /// is somebody's or nobody's.
    func logIn(_ request: LoginRequest) async throws -> CreatedSession {
        let epoch = try requireMastership()
        let now = Timestamp.now
        try checkLock(request.name, access.view.withLockedValue { $0 }, at: now)
        return try await access.taking { () async throws -> CreatedSession in
            let view = try await refreshAccess()
            try checkLock(request.name, view, at: now)
            let person = view.person(named: request.name)
            let proof = Proof(password: request.password, code: request.code)
            let authenticator = access.authenticator
            let verdict = try await BlockingWork.run { try authenticator.judge(proof, of: person?.value, at: now) }
            switch verdict {
            case .codeNeeded: throw APIError(.codeNeeded)
            case .refused:
                countFailure(request.name, person?.value.id, view, by: epoch, at: now)
                throw APIError(.loginRefused)
            case .accepted(let proven):
                guard let person else { throw APIError(.loginRefused) }
                return try await begin(request, proven, over: person, view, by: epoch, at: now)
            }
        }
    }

    private func checkLock(_ name: String, _ view: AccessView, at now: Timestamp) throws {
        let failures = view.person(named: name).flatMap { view.logins[$0.value.id]?.failures }
        let end = access.limiter.withLockedValue {
            $0.lockedUntil(name: name, client: Caller.client, stored: failures, at: now)
        }
        guard let end else { return }
        throw APIError(.tooManyAttempts, ["seconds": "\((end.milliseconds - now.milliseconds + 999) / 1_000)"])
    }

    private func begin(
        _ request: LoginRequest, _ proven: Person, over person: Stored<Person>, _ view: AccessView,
        by epoch: Epoch, at now: Timestamp
    ) async throws -> CreatedSession {
        var proven = proven
        let settings = view.settings
        if proven.password.parameters != access.parameters {
            proven.password = try await access.hashed(request.password)
        }
        let token = SessionToken(idBytes: RandomBytes.make(8), secretBytes: RandomBytes.make(16))
        let session = SessionRecord(
            token, person: proven.id, at: now, settings: settings, client: Caller.client,
            secondFactor: proven.secondFactor != nil, language: request.language)
        var changes: [Change] = [
            .put(session, at: ClusterKeys.session(session.id)),
            .put(LoginHistory(lastLogin: now), at: ClusterKeys.login(proven.id)),
        ]
        let surplus = SessionRecord.surplus(view.sessions(of: proven.id))
        changes += surplus.map { .delete(ClusterKeys.session($0)) }
        if proven != person.value { changes.append(.put(proven, at: person.key)) }
        do {
            try await store.change(changes, if: [.unchanged(person.key, person.modified)], by: epoch)
        } catch is ConditionFailed {
            // Somebody changed the user meanwhile, or the same code came twice at once.
            throw APIError(.loginRefused)
        }
        access.limiter.withLockedValue { $0.succeeded(name: request.name, client: Caller.client) }
        try await refreshAccess()
        return CreatedSession(token: token.text, session: session.info(of: proven, settings: settings))
    }

    /// Stored beside the answer, so that the answer comes no later than for a name that nobody has.
    private func countFailure(_ name: String, _ id: String?, _ view: AccessView, by epoch: Epoch, at now: Timestamp) {
        let history = id.flatMap { view.logins[$0] }
        let failures = access.limiter.withLockedValue {
            $0.failed(name: name, client: Caller.client, stored: history?.failures, at: now)
        }
        guard let id else { return }
        if failures.count == LoginFailures.free { journal.record(.loginLocked, ["who": name]) }
        Task {
            do {
                let next = LoginHistory(failures: failures, lastLogin: history?.lastLogin)
                try await store.change([.put(next, at: ClusterKeys.login(id))], by: epoch)
                try await refreshAccess()
            } catch {
                logger.warning("a failed login is remembered by this master only", metadata: ["error": "\(error)"])
            }
        }
    }

    func logOut() async throws {
        let epoch = try requireMastership()
        try await store.change([.delete(ClusterKeys.session(try requireSession().session))], by: epoch)
        try await refreshAccess()
    }

    func changePassword(_ change: PasswordChange) async throws {
        let epoch = try requireMastership()
        let (user, session) = try requireSession()
        let (person, view) = try await provenPerson(user, change.old, by: epoch)
        try Rule.password(change.new, name: person.value.name, "new")
        var changed = person.value
        changed.password = try await access.hash(password: change.new)
        let others = view.sessions(of: user.id).map(\.id).filter { $0 != session }
        try await write(changed, over: person, ending: others, by: epoch)
    }

    func beginSecondFactor() async throws -> SecondFactorSecret {
        let epoch = try requireMastership()
        let (user, _) = try requireSession()
        let person = try Self.require(user.id, in: try await refreshAccess())
        var changed = person.value
        let secret = changed.propose(secret: RandomBytes.make(TimeCode.secretSize))
        try await write(changed, over: person, by: epoch)
        let cluster = membership.withLockedValue { $0.clusterName }
        return SecondFactorSecret(
            secret: secret,
            uri: TimeCode.uri(secret: secret, issuer: "Keelson \(cluster)", account: person.value.name))
    }

    func confirmSecondFactor(_ code: SecondFactorCode) async throws -> RecoveryCodeList {
        let epoch = try requireMastership()
        let (user, session) = try requireSession()
        let view = try await refreshAccess()
        let person = try Self.require(user.id, in: view)
        var changed = person.value
        let random = RandomBytes.make(RecoveryCodes.count * RecoveryCodes.size)
        guard let codes = changed.confirm(code: code.code, at: .now, random: random) else {
            throw APIError(.codeRefused, field: "code")
        }
        // Sessions that were opened without it end; this one has just proved it.
        var own = view.sessions[session]?.value
        own?.secondFactor = true
        let others = view.sessions(of: user.id).map(\.id).filter { $0 != session }
        try await write(
            changed, over: person, ending: others,
            with: own.map { [.put($0, at: ClusterKeys.session(session))] } ?? [], by: epoch)
        return RecoveryCodeList(recoveryCodes: codes)
    }

    func removeSecondFactor(_ proof: PasswordProof) async throws {
        let epoch = try requireMastership()
        let (user, _) = try requireSession()
        let (person, _) = try await provenPerson(user, proof.password, by: epoch)
        var changed = person.value
        changed.forgetSecondFactor()
        try await write(changed, over: person, by: epoch)
    }

    private func requireSession() throws -> (user: UserIdentity, session: String) {
        guard let user = Caller.current.identity, let session = user.session else { throw APIError(.sessionNeeded) }
        return (user, session)
    }

    /// Whoever found an open session must not try passwords there as often as it likes.
    private func provenPerson(
        _ user: UserIdentity, _ password: String, by epoch: Epoch
    ) async throws -> (Stored<Person>, AccessView) {
        let now = Timestamp.now
        let view = try await refreshAccess()
        let person = try Self.require(user.id, in: view)
        try checkLock(person.value.name, view, at: now)
        let isRight = try await access.taking {
            try await BlockingWork.run { try person.value.password.admits(password) }
        }
        guard isRight else {
            countFailure(person.value.name, user.id, view, by: epoch, at: now)
            throw APIError(.passwordWrong)
        }
        return (person, view)
    }
}

extension UserTokenInfo {
    func isValid(at now: Timestamp) -> Bool { expires.map { now < $0 } ?? true }

    var identity: UserIdentity {
        UserIdentity(name: name, role: role, kind: .token, id: id, owner: owner, groups: groups, expires: expires)
    }
}
