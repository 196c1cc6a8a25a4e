import AccessCore
import APIProtocol
import NIOConcurrencyHelpers
import Primitives

/// What one node remembers for decisions about access.
final class AccessState: Sendable {
    /// Hashing a password takes 32 MiB and a tenth of a second of a processor: beside the deadline only so many at once.
    private static let mostHashing = 2

    let authenticator: any Authenticator
    /// What a new password hash costs.
    let parameters: PasswordHash.Parameters
    let view = NIOLockedValueBox(AccessView())
    let limiter = NIOLockedValueBox(LoginLimiter())
    private let hashing = NIOLockedValueBox(0)
    /// When the last use of a session was sent to the store, by its identity.
    private let touches = NIOLockedValueBox<[String: Timestamp]>([:])

    init(parameters: PasswordHash.Parameters = .current) {
        self.parameters = parameters
        authenticator = LocalAuthenticator(parameters: parameters)
    }

    /// Never back in time: two reads may end in the other order.
    func take(_ fresh: AccessView) {
        view.withLockedValue { view in
            if fresh.revision >= view.revision { view = fresh }
        }
        touches.withLockedValue { $0 = $0.filter { fresh.sessions[$0.key] != nil } }
    }

    /// For what reads the store and hashes a password for somebody whom nobody knows yet.
    /// - Throws: `tooManyAttempts` when enough of that is going on.
    func taking<Value>(turn body: () async throws -> Value) async throws -> Value {
        let mayStart = hashing.withLockedValue { running in
            guard running < Self.mostHashing else { return false }
            running += 1
            return true
        }
        guard mayStart else { throw APIError(.tooManyAttempts, ["seconds": "1"]) }
        defer { hashing.withLockedValue { $0 -= 1 } }
        return try await body()
    }

    /// - Throws: `tooManyAttempts` when enough hashing is going on.
    func hash(password: String) async throws -> PasswordHash {
        try await taking { try await hashed(password) }
    }

    /// For who has the turn.
    func hashed(_ password: String) async throws -> PasswordHash {
        let parameters = parameters
        return try await BlockingWork.run {
            try PasswordHash(password, salt: RandomBytes.make(PasswordHash.saltSize), parameters: parameters)
        }
    }

    /// - Returns: what is to be written down; nil when it was, less than a minute ago.
    func touched(_ record: SessionRecord, at now: Timestamp) -> SessionRecord? {
        guard let fresh = record.touched(at: now) else { return nil }
        return touches.withLockedValue { touches in
            if let last = touches[record.id], now.milliseconds - last.milliseconds < SessionRecord.touchMilliseconds {
                return nil
            }
            touches[record.id] = now
            return fresh
        }
    }
}

/// Chance for secrets, from the system.
enum RandomBytes {
    static func make(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
}
