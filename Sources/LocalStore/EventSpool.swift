import GRDB

/// Events that this node saw and that the cluster's store does not have yet: what happened while there was no quorum
/// is told once there is one again. One SQLite file in the node's data directory.
public final class EventSpool: Sendable {
    /// An event in the form in which it goes to the cluster's store.
    public struct Entry: Equatable, Sendable {
        /// Grows with each event of this node, never reused.
        public let id: Int64
        public let document: String
    }

    /// More than this is not kept: the oldest go first, and the next event that is shipped tells how many.
    public static let capacity = 10_000

    private let queue: DatabaseQueue

    /// Opens or creates the file.
    /// - Throws: `DatabaseError` when it cannot be opened or is damaged.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        var migrator = DatabaseMigrator()
        migrator.registerMigration("events") { database in
            try database.execute(
                sql: "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL)")
        }
        try migrator.migrate(queue)
    }

    /// Durable when it returns.
    /// - Throws: `DatabaseError`, for example on a full disk; nothing is stored then.
    public func append(_ document: String) throws {
        try queue.write { database in
            try database.execute(sql: "INSERT INTO event (document) VALUES (?)", arguments: [document])
            let newest = database.lastInsertedRowID
            try database.execute(sql: "DELETE FROM event WHERE id <= ?", arguments: [newest - Int64(Self.capacity)])
        }
    }

    /// The oldest entries, in order.
    public func oldest(_ count: Int) throws -> [Entry] {
        try queue.read { database in
            try Row.fetchAll(database, sql: "SELECT id, document FROM event ORDER BY id LIMIT ?", arguments: [count])
                .map { Entry(id: $0["id"], document: $0["document"]) }
        }
    }

    /// Forgets the entries up to and including this one.
    public func remove(through id: Int64) throws {
        try queue.write { try $0.execute(sql: "DELETE FROM event WHERE id <= ?", arguments: [id]) }
    }
}
