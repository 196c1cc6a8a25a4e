import APIProtocol

/// The open sessions of the wizard, as the node keeps them: tokens by their hashes.
public struct SetupSessions: Codable, Equatable, Sendable {
    /// How long a session lasts, and what is left of it once the cluster is founded; seconds.
    static let life: Int64 = 4 * 3_600
    static let lifeAfterFounding: Int64 = 3_600
    /// At most so many; the oldest gives way.
    static let most = 16
    /// Who the wizard is, in events.
    static let name = "setup"

    public private(set) var records: [UserTokenRecord] = []

    public init() {}

    /// - Parameter secretHash: as `UserTokenRecord` has it.
    public mutating func open(_ token: UserToken, secretHash: String, at now: Timestamp) -> SetupSession {
        let expires = Self.later(now, Self.life)
        let info = UserTokenInfo(
            id: token.id, name: Self.name, role: .administrator, created: now, expires: expires)
        records.append(UserTokenRecord(info: info, secretHash: secretHash))
        if records.count > Self.most { records.removeFirst(records.count - Self.most) }
        return SetupSession(token: token.text, expires: expires)
    }

    /// - Parameter digest: SHA-256.
    public func identity(of token: UserToken, at now: Timestamp, digest: ([UInt8]) -> [UInt8]) -> UserIdentity? {
        records.first { $0.admits(token, at: now, digest: digest) }.map {
            UserIdentity(name: $0.info.name, role: $0.info.role, id: $0.info.id)
        }
    }

    /// The cluster is there: the wizard may show its start, and then ends.
    public mutating func founded(at now: Timestamp) {
        let end = Self.later(now, Self.lifeAfterFounding)
        for index in records.indices {
            records[index].info.expires = records[index].info.expires.map { min($0, end) } ?? end
        }
    }

    public func isOver(at now: Timestamp) -> Bool {
        records.allSatisfy { $0.info.expires.map { $0 <= now } ?? false }
    }

    private static func later(_ time: Timestamp, _ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + seconds * 1_000)
    }
}
