import Glibc
import Primitives

/// A PostgreSQL server of the machine's own release in a folder of its own, reached over a Unix socket in it.
public final class PostgresServer {
    private let folder: String
    private let programs: String
    private let user = "postgres"

    /// - Parameter folder: on the file system under test.
    /// - Throws: `LabError` when PostgreSQL is not installed.
    public init(folder: String) throws(LabError) {
        self.folder = folder
        guard let found = try Self.installation() else { throw LabError("PostgreSQL is not installed.") }
        programs = found
    }

    /// The folder of the newest installed PostgreSQL's programs, or nil.
    public static func installation() throws(LabError) -> String? {
        let answer = try Command.attempt(["sh", "-c", "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1"])
        let path = answer.text.split(separator: "\n").first.map(String.init)
        return path.flatMap { access("\($0)/initdb", X_OK) == 0 ? $0 : nil }
    }

    /// Makes a fresh database and a table of numbers.
    public func create() throws(LabError) {
        try Command.run(["install", "-d", "-m", "700", "-o", user, "\(folder)/data", "\(folder)/socket"])
        try run("initdb", ["-D", "\(folder)/data", "-A", "trust", "--no-instructions", "--data-checksums"])
        try start()
        try query("CREATE TABLE ledger (number bigint PRIMARY KEY, filler text)")
    }

    /// Starts the server and waits until it has recovered and answers.
    public func start() throws(LabError) {
        let options = "-k \(folder)/socket -c listen_addresses= -c shared_buffers=16MB -c max_wal_size=64MB"
        // The server's own output goes to its log: a pipe that it inherits would never end.
        try run(
            "pg_ctl",
            ["start", "-w", "-t", "60", "-D", "\(folder)/data", "-l", "\(folder)/data/server.log", "-o", options])
    }

    /// Starts the server on what a power cut left. The process that it names there was another life's.
    public func recover() throws(LabError) {
        let stale = ["data/postmaster.pid", "socket/.s.PGSQL.5432", "socket/.s.PGSQL.5432.lock"]
        try Command.run(["rm", "-f"] + stale.map { "\(folder)/\($0)" })
        try start()
    }

    /// Ends the server, at once: what is not on the disk is lost.
    public func stop() throws(LabError) {
        try run("pg_ctl", ["stop", "-w", "-m", "immediate", "-D", "\(folder)/data"])
    }

    /// Returns when the commit is acknowledged.
    public func commit(_ number: Int) throws(LabError) {
        try query("INSERT INTO ledger VALUES (\(number), repeat('x', \(number % 4000)))")
    }

    /// The numbers that are in the ledger.
    public func numbers() throws(LabError) -> [Int] {
        try query("SELECT number FROM ledger ORDER BY number").split(separator: "\n").compactMap { Int($0) }
    }

    /// Compares every index with its table, and every page with its checksum.
    public func check() throws(LabError) {
        try query("CREATE EXTENSION IF NOT EXISTS amcheck")
        try run("pg_amcheck", ["-h", "\(folder)/socket", "--heapallindexed", "postgres"])
    }

    @discardableResult
    private func query(_ text: String) throws(LabError) -> String {
        try run("psql", ["-h", "\(folder)/socket", "-v", "ON_ERROR_STOP=1", "-qAtX", "-c", text, "postgres"])
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws(LabError) -> String {
        try Command.run(
            ["runuser", "-u", user, "--", "\(programs)/\(program)"] + arguments, within: .seconds(90))
    }
}
