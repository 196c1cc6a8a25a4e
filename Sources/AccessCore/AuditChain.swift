import APIProtocol
import Crypto
import Primitives

/// Where the audit trail stands. It is written in one transaction with each entry, so the two never differ.
public struct AuditHead: Codable, Equatable, Sendable {
    /// Of the newest entry; 0 without one.
    public var number: Int64
    public var hash: String
    /// The newest entry that was trimmed: the oldest that is kept continues it.
    public var anchorNumber: Int64
    public var anchorHash: String
    /// The note that came last from each node: it may be delivered twice.
    public var lastNotes: [String: String]

    public static let start = AuditHead(
        number: 0, hash: AuditChain.zero, anchorNumber: 0, anchorHash: AuditChain.zero, lastNotes: [:])

    init(number: Int64, hash: String, anchorNumber: Int64, anchorHash: String, lastNotes: [String: String]) {
        self.number = number
        self.hash = hash
        self.anchorNumber = anchorNumber
        self.anchorHash = anchorHash
        self.lastNotes = lastNotes
    }
}

/// An audit trail that only grows: each entry holds the hash of the one before.
public enum AuditChain {
    static let zero = String(repeating: "0", count: 64)

    /// Entries that are kept.
    public static let kept: Int64 = 10_000

    /// - Returns: the entry and the head after it; nil when the note was written before.
    public static func append(
        _ note: AuditNote, from node: String, to head: AuditHead
    ) -> (entry: AuditEntry, head: AuditHead)? {
        guard head.lastNotes[node] != note.id else { return nil }
        var entry = AuditEntry(number: head.number + 1, note: note, previousHash: head.hash, hash: "")
        entry.hash = digest(entry)
        var next = head
        next.number = entry.number
        next.hash = entry.hash
        next.lastNotes[node] = note.id
        return (entry, next)
    }

    /// - Returns: the numbers that are too many, oldest first, at most `most`.
    public static func surplus(_ head: AuditHead, most: Int64) -> ClosedRange<Int64>? {
        let surplus = min(head.number - head.anchorNumber - kept, most)
        return surplus > 0 ? (head.anchorNumber + 1)...(head.anchorNumber + surplus) : nil
    }

    /// - Parameter last: the newest of the entries that go.
    public static func trimmed(_ head: AuditHead, through last: AuditEntry) -> AuditHead {
        var head = head
        head.anchorNumber = last.number
        head.anchorHash = last.hash
        return head
    }

    /// SHA-256 over a domain prefix and each field, in the order of `AuditEntry`, as its length in eight bytes,
    /// big-endian, and its UTF-8; an absent one is empty. The parameters are one field for their number, then name
    /// and value of each, sorted by name.
    public static func digest(_ entry: AuditEntry) -> String {
        var hash = SHA256()
        hash.update(data: Array("keelson audit 1\0".utf8))
        var fields = [
            "\(entry.number)", "\(entry.at)", entry.who, entry.role?.rawValue ?? "", entry.client ?? "", entry.action,
            entry.target, entry.outcome, "\(entry.parameters.count)",
        ]
        for (name, value) in entry.parameters.sorted(by: { $0.key < $1.key }) { fields += [name, value] }
        fields.append(entry.previousHash)
        for field in fields {
            let bytes = Array(field.utf8)
            hash.update(data: (0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) })
            hash.update(data: bytes)
        }
        return Hexadecimal.text(hash.finalize())
    }

    /// Looks for the first entry that is not as it was written.
    ///
    /// - Parameter stored: every entry that there is, with the number under which it is stored, in that order.
    public static func verify(_ stored: [(number: Int64, entry: AuditEntry)], head: AuditHead) -> AuditReport {
        func broken(_ number: Int64, _ reason: AuditReport.Reason) -> AuditReport {
            AuditReport(entries: stored.count, intact: false, firstBroken: number, reason: reason)
        }
        var expected = head.anchorNumber + 1
        var previous = head.anchorHash
        for (number, entry) in stored {
            if number < expected || number > head.number { return broken(number, .inserted) }
            if number > expected { return broken(expected, .missing) }
            let isWhole = digest(entry) == entry.hash
            if entry.number != number { return broken(number, isWhole ? .reordered : .changed) }
            if !isWhole { return broken(number, .changed) }
            if entry.previousHash != previous { return broken(number, .broken) }
            expected += 1
            previous = entry.hash
        }
        if expected <= head.number { return broken(expected, .missing) }
        if previous != head.hash { return broken(head.number, .broken) }
        return AuditReport(entries: stored.count, intact: true)
    }
}
