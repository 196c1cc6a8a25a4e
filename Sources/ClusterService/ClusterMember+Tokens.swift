import APIProtocol
import Crypto
import Identity
import JoinCore
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

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
        let token = UserToken(idBytes: Self.randomBytes(4), secretBytes: Self.randomBytes(16))
        let now = Timestamp.now
        let info = UserTokenInfo(
            id: token.id, name: request.name, role: request.role, created: now,
            expires: request.ttlSeconds.map { Timestamp(milliseconds: now.milliseconds + Int64($0) * 1_000) })
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
        guard let record = records.first(where: { $0.admits(token, at: .now, digest: Self.digest) }) else { return nil }
        return UserIdentity(name: record.info.name, role: record.info.role)
    }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
}

extension JoinTokenInfo {
    init(_ stored: StoredJoinToken) {
        self.init(
            id: stored.id, role: stored.role, expires: Timestamp(milliseconds: stored.expires.secondsSince1970 * 1_000),
            usesLeft: stored.usesLeft, revoked: stored.isRevoked)
    }
}
