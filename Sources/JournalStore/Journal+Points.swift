import BlockIO
import JournalCore
import Linux
import StreamProtocol

/// A place in the stream at which a machine can be opened.
public struct StoredPoint: Hashable, Sendable {
    public let place: JournalPlace
    /// Wall clock at the source, nanoseconds since 1970.
    public let time: UInt64
    /// Of the record that made it: `flush`, `forcedWrite`, `cut` or `mark`.
    public let kind: RecordKind
    /// Of a bookmark.
    public let text: String?

    public var position: StreamPosition { place.position }
}

extension StoredPoint {
    init(_ kept: KeptPoint) { self.init(place: kept.place, time: kept.time, kind: .flush, text: nil) }
}

/// Which point is meant.
public enum PointSelection: Hashable, Sendable {
    case newest
    /// The newest at or before a moment, nanoseconds since 1970.
    case time(UInt64)
    /// Exactly behind this record.
    case position(Generation, sequence: UInt64)
    /// The newest bookmark with this text.
    case bookmark(String)
}

/// Why a point cannot be opened.
public struct PointError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// There was none, or it is folded away.
        case noSuchPoint
        case noSuchVolume(VolumeNumber)
        /// An index or a table cannot be read.
        case damaged(String)
        case closed
    }

    public let reason: Reason

    public init(reason: Reason) { self.reason = reason }

    public var description: String {
        switch reason {
        case .noSuchPoint: "there is no such point, or not any more"
        case .noSuchVolume(let volume): "the machine had no volume \(volume.number) at this point"
        case .damaged(let cause): "the point cannot be found: \(cause)"
        case .closed: "the journal is closed"
        }
    }
}

extension Journal {
    /// The newest `limit` points at or before a moment (nanoseconds since 1970), newest first.
    public func points(
        before moment: UInt64, limit: Int,
        completion: @escaping @Sendable (Result<[StoredPoint], PointError>) -> Void
    ) {
        onLoop(completion) { journal in
            var points: [StoredPoint] = []
            if limit > 0 {
                try journal.walkPoints(least: moment) { point in
                    if point.time <= moment { points.append(point) }
                    return points.count < limit
                }
            }
            return points
        }
    }

    /// The point that is meant.
    public func point(
        _ selection: PointSelection, completion: @escaping @Sendable (Result<StoredPoint, PointError>) -> Void
    ) {
        onLoop(completion) { try $0.find(selection) }
    }

    /// Runs a question about points on the loop.
    func onLoop<Answer>(
        _ completion: @escaping @Sendable (Result<Answer, PointError>) -> Void,
        _ body: @escaping @Sendable (Journal) throws -> Answer
    ) {
        let isPosted = host.loop.post {
            do {
                guard self.condition != .closed else { throw PointError(reason: .closed) }
                completion(.success(try body(self)))
            } catch let error as PointError {
                completion(.failure(error))
            } catch { completion(.failure(PointError(reason: .damaged("\(error)")))) }
        }
        if !isPosted { completion(.failure(PointError(reason: .closed))) }
    }

    func find(_ selection: PointSelection) throws -> StoredPoint {
        var found: StoredPoint?
        let moment: UInt64 = if case .time(let moment) = selection { moment } else { .max }
        try walkPoints(least: moment) { point in
            switch selection {
            case .newest: found = point
            case .time(let moment): if point.time <= moment { found = point }
            case .position(let generation, let sequence):
                let position = point.position
                if position.generation == generation, position.sequence == sequence { found = point }
                if (position.generation, position.sequence) < (generation, sequence) { return false }
            case .bookmark(let text): if point.text == text { found = point }
            }
            return found == nil
        }
        guard let found else { throw PointError(reason: .noSuchPoint) }
        return found
    }

    var newestPoint: StoredPoint? {
        // A damaged table is reported when somebody asks for points.
        do { return try find(.newest) } catch { return nil }
    }

    var oldestPoint: StoredPoint? {
        if let oldest = folding.kept.points.first { return StoredPoint(oldest) }
        if state.isBaseConsistent, state.base == state.floor { return basePoint }
        for segment in sealed where segment.footer.pointCount > 0 && segment.end.ordinal > state.floor.ordinal {
            return StoredPoint(place: segment.end, time: segment.footer.leastTime, kind: .flush, text: nil)
        }
        for segment in open {
            if let entry = segment.frames.first(where: isOpenable) { return storedPoint(entry, segment.notes) }
        }
        return nil
    }

    private var basePoint: StoredPoint {
        StoredPoint(place: state.base, time: state.baseTime, kind: .flush, text: nil)
    }

    private func isOpenable(_ entry: FrameEntry) -> Bool {
        entry.isPoint && entry.lastOrdinal <= durable.ordinal && entry.lastOrdinal >= state.floor.ordinal
    }

    /// Goes through all points from the newest to the oldest, until the body says no. Segments all of whose points are
    /// younger than `least` are left out.
    func walkPoints(least moment: UInt64, _ body: (StoredPoint) -> Bool) throws {
        var isBaseSeen = false
        func walk(_ frames: [FrameEntry], _ notes: [JournalNote]) -> Bool {
            for entry in frames.reversed() where isOpenable(entry) {
                if entry.lastOrdinal == state.base.ordinal { isBaseSeen = true }
                if !body(storedPoint(entry, notes)) { return false }
            }
            return true
        }
        for segment in open.reversed() where !walk(segment.frames, segment.notes) { return }
        for segment in sealed.reversed() {
            let footer = segment.footer
            guard footer.pointCount > 0, footer.leastTime <= moment, footer.end.ordinal >= state.floor.ordinal else {
                continue
            }
            if !walk(try segment.frames(), segment.notes) { return }
        }
        if state.isBaseConsistent, state.base == state.floor, !isBaseSeen, !body(basePoint) { return }
        for point in keptPoints where !body(point) { return }
    }

    private func storedPoint(_ entry: FrameEntry, _ notes: [JournalNote]) -> StoredPoint {
        var text: String?
        if entry.lastKind == .mark, let note = notes.first(where: { $0.ordinal == entry.lastOrdinal }) {
            text = note.bookmark
        }
        return StoredPoint(place: entry.place, time: entry.time, kind: entry.lastKind, text: text)
    }

    /// The volumes as they were at a point.
    func volumes(at place: JournalPlace) -> [JournalVolume] {
        var volumes = state.volumes
        for notes in sealed.map(\.notes) + open.map(\.notes) {
            for note in notes where note.kind == .configuration {
                guard note.ordinal > state.base.ordinal, note.ordinal <= place.ordinal else { continue }
                volumes = StreamFollower.volumes(volumes, after: note)
            }
        }
        return volumes
    }
}

extension JournalNote {
    /// A bookmark's text; nil when it is none.
    var bookmark: String? {
        guard kind == .mark else { return nil }
        do throws(StreamFormatError) {
            return try payload.withBytes { bytes throws(StreamFormatError) in
                try BookmarkText(reading: bytes).text
            }
        } catch { return nil }
    }
}
