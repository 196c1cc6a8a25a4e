import APIProtocol
import Foundation
import LocalStore
import Logging
import Primitives

/// Keeps notes for the audit trail on this node's disk until the master has chained them: they survive a failover, the
/// death of this daemon and a missing quorum.
final class AuditJournal: Sendable {
    private let spool: EventSpool
    private let logger: Logger
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init(path: String, logger: Logger) throws {
        spool = try EventSpool(path: path)
        self.logger = logger
        (arrivals, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Durable when it returns.
    func record(_ note: AuditNote) async {
        do {
            let document = String(decoding: try JSONEncoder().encode(note), as: UTF8.self)
            try await BlockingWork.run { try self.spool.append(document) }
            arrived.yield()
        } catch {
            // The last place that can tell.
            logger.error(
                "a note for the audit trail could not be written down",
                metadata: ["who": "\(note.who)", "action": "\(note.action)", "error": "\(error)"])
        }
    }

    /// Ships until cancelled, in order and one at a time; what cannot be delivered is tried again.
    func ship(_ deliver: @Sendable (AuditNote) async throws -> Void) async {
        arrived.yield()
        for await _ in arrivals {
            do {
                try await shipAll(deliver)
            } catch {
                logger.debug("notes for the audit trail wait for the master", metadata: ["error": "\(error)"])
                guard await Pause.survived(.milliseconds(500)) else { return }
                arrived.yield()
            }
        }
    }

    private func shipAll(_ deliver: @Sendable (AuditNote) async throws -> Void) async throws {
        while let entry = try await BlockingWork.run({ try self.spool.oldest(1).first }) {
            try await deliver(try JSONDecoder().decode(AuditNote.self, from: Data(entry.document.utf8)))
            try await BlockingWork.run { try self.spool.remove(through: entry.id) }
        }
    }
}
