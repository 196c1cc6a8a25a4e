import AccessCore
import APIProtocol
import Crypto
import Identity
import JoinCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import SetupCore

/// Tokens of nodes that join and of users; secrets are shown once and kept as their hash.
extension ClusterMember {
    func createToken(_ request: JoinTokenRequest) async throws -> CreatedJoinToken {
        let epoch = try requireMastership()
        var random = SystemRandomNumberGenerator()
        let token = JoinToken(ca: identity.trust.fingerprint, random: &random)
        let stored: StoredJoinToken
        do {
            stored = try StoredJoinToken(
                token, role: request.role ?? .voter, at: .now, seconds: Int64(request.ttlSeconds ?? 86_400),
                uses: request.uses ?? 1)
        } catch {
            throw APIError.invalid("ttlSeconds", "\(error)")
        }
        try await store.change([.put(stored, at: ClusterKeys.joinToken(token.id))], by: epoch)
        journal.record(
            .tokenCreated, ["who": "\(Caller.current)", "id": token.id, "role": stored.role.rawValue])
        return CreatedJoinToken(token: token.text, info: JoinTokenInfo(stored))
    }

    func tokens() async throws -> [JoinTokenInfo] {
        try await store.list(StoredJoinToken.self, under: ClusterKeys.joinTokens).map { JoinTokenInfo($0.value) }
    }

    func revokeToken(_ id: String) async throws {
        let epoch = try requireMastership()
        guard let stored = try await store.get(StoredJoinToken.self, at: ClusterKeys.joinToken(id)) else {
            throw APIError(.unknownToken, ["token": id])
        }
        try await store.change([.put(stored.value.revoked(), at: stored.key)], by: epoch)
        journal.record(.tokenRevoked, ["who": "\(Caller.current)", "id": id])
    }

    func createUserToken(_ request: UserTokenRequest) async throws -> CreatedUserToken {
        let epoch = try requireMastership()
        try Self.checkScope(request, of: Caller.current)
        let token = UserToken(idBytes: RandomBytes.make(4), secretBytes: RandomBytes.make(16))
        let now = Timestamp.now
        let info = UserTokenInfo(
            id: token.id, name: request.name, role: request.role, created: now,
            expires: request.ttlSeconds.map { Timestamp(milliseconds: now.milliseconds + Int64($0) * 1_000) },
            groups: request.groups, owner: Caller.current.identity.map { $0.owner ?? $0.id })
        let record = UserTokenRecord(
            info: info, secretHash: Self.hexadecimal(Self.digest(Array(token.secret.utf8))))
        try await store.change([.put(record, at: ClusterKeys.userToken(token.id))], by: epoch)
        journal.record(
            .tokenCreated, ["who": "\(Caller.current)", "id": token.id, "role": request.role.rawValue])
        try await refreshView()
        return CreatedUserToken(token: token.text, info: info)
    }

    func userTokens() async throws -> [UserTokenInfo] {
        try await store.list(UserTokenRecord.self, under: ClusterKeys.userTokens).map(\.value.info)
    }

    func revokeUserToken(_ id: String) async throws {
        let epoch = try requireMastership()
        guard try await store.get(UserTokenRecord.self, at: ClusterKeys.userToken(id)) != nil else {
            throw APIError(.unknownToken, ["token": id])
        }
        try await store.change([.delete(ClusterKeys.userToken(id))], by: epoch)
        journal.record(.tokenRevoked, ["who": "\(Caller.current)", "id": id])
        try await refreshView()
    }

    /// From memory, on every node.
    func authenticate(_ token: UserToken) async throws -> UserIdentity? {
        let records = view.withLockedValue { $0.userTokens }
        guard let record = records.first(where: { $0.admits(token, at: .now, digest: Self.digest) }),
            isBacked(record.info)
        else { return setupSessions.withLockedValue { $0 }?.identity(of: token, at: .now, digest: Self.digest) }
        return record.info.identity
    }

    /// A token is worth no more than the user who made it.
    func isBacked(_ token: UserTokenInfo) -> Bool {
        guard let owner = token.owner else { return true }
        guard let person = access.view.withLockedValue({ $0.person(owner)?.value }) else { return false }
        return !person.disabled && person.role.mayGive(token.role)
    }

    /// Nobody makes a token that may more than its maker.
    private static func checkScope(_ request: UserTokenRequest, of caller: Caller) throws(APIError) {
        guard let maker = caller.identity else { return }
        guard maker.role.mayGive(request.role) else {
            throw APIError(
                .forbidden,
                ["needed": request.role.rawValue, "caller": maker.name, "role": maker.role.rawValue])
        }
        guard let mine = maker.groups else { return }
        guard let wanted = request.groups else {
            throw APIError.invalid("groups", "must be given, as this token is limited itself")
        }
        if let other = wanted.first(where: { !mine.contains($0) }) {
            throw APIError(.outOfScope, field: "groups", ["caller": maker.name, "group": other.rawValue])
        }
    }

    static func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension JoinTokenInfo {
    init(_ stored: StoredJoinToken) {
        self.init(
            id: stored.id, role: stored.role, expires: Timestamp(milliseconds: stored.expires.secondsSince1970 * 1_000),
            usesLeft: stored.usesLeft, revoked: stored.isRevoked)
    }
}
