import APIProtocol
import Primitives

/// How often logins failed for one name, with when the last one did.
public struct LoginFailures: Codable, Equatable, Sendable {
    public var count: Int
    public var last: Timestamp

    public init(count: Int, last: Timestamp) {
        self.count = count
        self.last = last
    }

    /// So many are free; each further one doubles the wait, from one second to a quarter of an hour.
    public static let free = 5
    private static let longestSeconds: Int64 = 900
    /// After a day without a failure it begins anew.
    private static let forgottenAfter: Int64 = 86_400_000

    private var waitMilliseconds: Int64 {
        guard count >= Self.free else { return 0 }
        return min(Self.longestSeconds, Int64(1) << Int64(min(count - Self.free, 20))) * 1_000
    }

    /// nil: a login may be tried.
    public func lockedUntil(at now: Timestamp) -> Timestamp? {
        let end = Timestamp(milliseconds: last.milliseconds + waitMilliseconds)
        // A clock that was set back must not lock for longer than the longest wait.
        return now < end && end.milliseconds - now.milliseconds <= Self.longestSeconds * 1_000 ? end : nil
    }

    /// One more.
    public static func next(after previous: LoginFailures?, at now: Timestamp) -> LoginFailures {
        guard let previous, now.milliseconds - previous.last.milliseconds < forgottenAfter else {
            return LoginFailures(count: 1, last: now)
        }
        return LoginFailures(count: previous.count + 1, last: now)
    }

    /// The worse of what is remembered and what is stored.
    public static func worse(_ one: LoginFailures?, _ other: LoginFailures?) -> LoginFailures? {
        guard let one, let other else { return one ?? other }
        return one.count >= other.count ? one : other
    }
}

/// What the store keeps of a user's logins, beside the record itself: it changes without anybody's decision.
public struct LoginHistory: Codable, Equatable, Sendable {
    public var failures: LoginFailures?
    public var lastLogin: Timestamp?

    public init(failures: LoginFailures? = nil, lastLogin: Timestamp? = nil) {
        self.failures = failures
        self.lastLogin = lastLogin
    }
}

/// Failed logins by name and by address, in the master's memory; those of known users are stored as well.
public struct LoginLimiter: Sendable {
    private let capacity: Int
    private var names: [String: LoginFailures] = [:]
    private var clients: [String: LoginFailures] = [:]

    /// - Parameter capacity: names, and addresses, that are remembered; the oldest gives way.
    public init(capacity: Int = 4_096) {
        precondition(capacity > 0, "a limiter needs room for one")
        self.capacity = capacity
    }

    /// - Parameter stored: what the store knows of the user with that name.
    /// - Returns: when the next login may be tried; nil: now.
    public func lockedUntil(
        name: String, client: String?, stored: LoginFailures?, at now: Timestamp
    ) -> Timestamp? {
        let byName = LoginFailures.worse(names[name.lowercased()], stored)?.lockedUntil(at: now)
        let byClient = client.flatMap { clients[$0] }?.lockedUntil(at: now)
        guard let byName, let byClient else { return byName ?? byClient }
        return max(byName, byClient)
    }

    /// - Returns: what is to be stored when the name is a user's.
    public mutating func failed(
        name: String, client: String?, stored: LoginFailures?, at now: Timestamp
    ) -> LoginFailures {
        let name = name.lowercased()
        let failures = LoginFailures.next(after: LoginFailures.worse(names[name], stored), at: now)
        Self.set(&names, name, failures, capacity)
        if let client {
            Self.set(&clients, client, LoginFailures.next(after: clients[client], at: now), capacity)
        }
        return failures
    }

    public mutating func succeeded(name: String, client: String?) {
        names[name.lowercased()] = nil
        if let client { clients[client] = nil }
    }

    private static func set(
        _ table: inout [String: LoginFailures], _ key: String, _ value: LoginFailures, _ capacity: Int
    ) {
        if table[key] == nil, table.count >= capacity,
            let oldest = table.min(by: { ($0.value.last, $0.key) < ($1.value.last, $1.key) })
        {
            table[oldest.key] = nil
        }
        table[key] = value
    }
}
