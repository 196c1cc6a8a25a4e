import Primitives
import ReplicationCore
import StreamProtocol

/// What must hold of the data path, judged from outside.
struct ReplicationChecks {
    private(set) var violations: [String] = []
    /// What all sectors were at each barrier of the source while its stream was consistent.
    var points: [StreamMark: UInt64] = [:]
    private(set) var pointsRead = 0
    private(set) var acknowledgements = 0
    var flipsFound = 0
    /// Since the source came back from a crash and until its resync is over.
    var needsHash = false
    private var copiedBlocks = 0
    private var wastedBlocks = 0

    /// So many blocks may have become equal between being compared and being sent.
    static let toleratedWaste = 8

    mutating func violate(_ text: String, at now: Instant) {
        guard violations.count < 10 else { return }
        violations.append("at \(now.text): \(text)")
    }

    // MARK: Acknowledged is kept

    mutating func acknowledges(
        _ news: Acknowledgement, _ node: ReplicaModel, others: [ReplicaModel], at now: Instant
    ) {
        acknowledgements += 1
        guard !node.isTampered else { return }
        let durable = StreamMark(generation: news.generation, sequence: news.durable)
        if news.durable > 0 {
            if !node.journal.isFlushed(through: durable) || StreamMark(node.journal.end) < durable {
                violate("n\(node.index) says \(durable.text) is durable before it is flushed", at: now)
            }
            node.acknowledged = max(node.acknowledged, durable)
        }
        guard news.replicated > 0 else { return }
        let replicated = StreamMark(generation: news.generation, sequence: news.replicated)
        let isElsewhere = others.contains {
            $0.index != node.index
                && ($0.isTampered
                    || StreamMark($0.journal.end) >= replicated && $0.journal.isFlushed(through: replicated))
        }
        if !isElsewhere { violate("\(replicated.text) is called replicated and is on n\(node.index) only", at: now) }
    }

    mutating func recovered(_ node: ReplicaModel, at now: Instant) {
        guard !node.isTampered else { return }
        if StreamMark(node.journal.end) < node.acknowledged {
            violate(
                "n\(node.index) acknowledged \(node.acknowledged.text) and came back with "
                    + StreamMark(node.journal.end).text, at: now)
        }
        var again = node.journal
        again.recover()
        if again.end != node.journal.end { violate("n\(node.index): a second recovery ends elsewhere", at: now) }
        guard let point = node.journal.consistent, again.foldData(to: point), again.foldData(to: point) else { return }
        read(again, of: node, at: StreamMark(point), now: now)
    }

    // MARK: A point is a state of the source

    mutating func read(_ node: ReplicaModel, now: Instant) {
        if StreamMark(node.journal.consistent ?? .none) < node.point, !node.isTampered {
            violate("n\(node.index) has lost its consistent point \(node.point.text)", at: now)
        }
        guard let point = node.journal.consistent else { return }
        read(node.journal, of: node, at: StreamMark(point), now: now)
    }

    private mutating func read(_ journal: JournalModel, of node: ReplicaModel, at point: StreamMark, now: Instant) {
        do throws(JournalModel.Damage) {
            let found = SectorContents.fingerprint(try journal.contents(at: point))
            pointsRead += 1
            guard let expected = points[point] else {
                return violate("n\(node.index) has a point \(point.text) that the source never had", at: now)
            }
            if found != expected {
                violate("n\(node.index) serves other bytes at \(point.text) than the source had", at: now)
            }
        } catch {
            node.readErrors += 1
            if !node.isTampered { violate("n\(node.index) cannot read its point \(point.text): \(error)", at: now) }
        }
    }

    // MARK: After a crash only what differs is sent

    mutating func sourceStarted(needsHash: Bool) {
        self.needsHash = needsHash
        (copiedBlocks, wastedBlocks) = (0, 0)
    }

    mutating func copied(isWaste: Bool, at now: Instant) {
        copiedBlocks += 1
        guard isWaste else { return }
        wastedBlocks += 1
        if wastedBlocks == Self.toleratedWaste + 1 {
            violate("\(wastedBlocks) of \(copiedBlocks) blocks were sent after a crash that were the same", at: now)
        }
    }
}
