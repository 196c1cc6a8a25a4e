import AccessCore
import APIProtocol
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives

/// The audit trail: notes are made where requests are answered, and chained by the master.
extension ClusterMember {
    func record(_ note: AuditNote) async {
        var note = note
        if note.action == Endpoint.createSession.action {
            let person = access.view.withLockedValue { $0.person(named: note.who) }
            note.who = person?.value.name ?? "unknown user"
            note.role = person?.value.role
        }
        await audit.record(note)
    }

    /// To the chain, wherever the master is.
    func deliver(_ note: AuditNote) async throws {
        guard let master = knownMaster else { throw APIError(.noMaster) }
        guard master != node else { return try await append(note, from: node) }
        guard let record = view.withLockedValue({ $0.node(master) }) else { throw APIError(.noMaster) }
        try await peers.audit(note, to: record.address)
    }

    func append(_ note: AuditNote, from node: NodeID) async throws {
        for _ in 0..<Self.tries {
            let epoch = try requireMastership()
            let head = try await store.get(AuditHead.self, at: ClusterKeys.auditHead)
            guard let (entry, next) = AuditChain.append(note, from: node.text, to: head?.value ?? .start) else {
                return
            }
            do {
                try await store.change(
                    [.put(entry, at: ClusterKeys.audit(entry.number)), .put(next, at: ClusterKeys.auditHead)],
                    if: [head.map { .unchanged($0.key, $0.modified) } ?? .absent(ClusterKeys.auditHead)], by: epoch)
                return
            } catch is ConditionFailed {
                continue  // Another note was chained in between: this one comes after it.
            }
        }
        throw APIError(.internalError, ["reason": "the audit trail is too busy"])
    }

    private static let tries = 50

    func audit(after: Int64?, limit: Int) async throws -> [AuditEntry] {
        guard let head = try await store.get(AuditHead.self, at: ClusterKeys.auditHead)?.value else { return [] }
        let limit = min(Int64(limit), AuditChain.kept * 2)
        let oldest = head.anchorNumber + 1
        let first = max(oldest, after.map { min($0, head.number) + 1 } ?? (head.number - limit + 1))
        let last = min(head.number, first + limit - 1)
        guard first <= last else { return [] }
        return try await store.audit(first...last).map(\.entry)
    }

    func verifyAudit() async throws -> AuditReport {
        let (entries, head) = try await store.auditTrail()
        return AuditChain.verify(entries, head: head)
    }

    /// Runs while this node is master: what is over goes.
    func tidyAccess(in epoch: Epoch) async {
        repeat {
            do {
                try await trimAudit(in: epoch)
                try await removeExpired(in: epoch)
            } catch {
                logger.debug("tidying up sessions will be tried again", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(.seconds(60))
    }

    private func trimAudit(in epoch: Epoch) async throws {
        while let head = try await store.get(AuditHead.self, at: ClusterKeys.auditHead),
            let surplus = AuditChain.surplus(head.value, most: 100),
            let last = try await store.audit(surplus.upperBound...surplus.upperBound).last?.entry
        {
            try await store.change(
                surplus.map { .delete(ClusterKeys.audit($0)) }
                    + [.put(AuditChain.trimmed(head.value, through: last), at: head.key)],
                if: [.unchanged(head.key, head.modified)], by: epoch)
        }
    }

    private func removeExpired(in epoch: Epoch) async throws {
        let (view, now) = (try await refreshAccess(), Timestamp.now)
        let sessions = view.sessions.values.filter { !$0.value.isAlive(at: now, settings: view.settings) }
        let approvals = try await store.list(ApprovalRecord.self, under: ClusterKeys.approvals).filter {
            now >= $0.value.expires
        }
        let keys = sessions.map { ($0.key, $0.modified) } + approvals.map { ($0.key, $0.modified) }
        for (key, modified) in keys {
            do {
                try await store.change([.delete(key)], if: [.unchanged(key, modified)], by: epoch)
            } catch is ConditionFailed {
                continue  // Used meanwhile: it lives on.
            }
        }
    }
}
