import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import NIOPosix
import Primitives

/// The file `epoch`: read at the start, written off the loop as higher epochs are seen.
public enum EpochFile {
    /// Reading, raising and writing are one step.
    private static let lock = NIOLock()

    /// - Returns: `EpochRecord.initial` when there is no file yet.
    /// - Throws: `SystemError` or `MalformedEpochRecord`: a node that forgot its epoch must not guess one.
    public static func read(_ path: String) throws -> EpochRecord {
        guard let bytes = try DurableFile.read(path) else { return .initial }
        return try EpochRecord(parsing: String(decoding: bytes, as: UTF8.self))
    }

    public static func write(_ record: EpochRecord, to path: String) throws {
        try DurableFile.replace(path, with: Array(record.text.utf8), mode: 0o600)
    }

    /// Raises what the file says; on a thread for blocking work, one after the other.
    static func remember(_ epoch: Epoch, at path: String, logger: Logger) {
        NIOThreadPool.singleton.submit { _ in
            do {
                try lock.withLock {
                    var record = try read(path)
                    guard epoch > record.highest else { return }
                    record.highest = epoch
                    record.generation = max(record.generation, epoch.generation)
                    try write(record, to: path)
                }
            } catch {
                logger.error("the epoch could not be written down", metadata: ["error": "\(error)"])
            }
        }
    }
}
