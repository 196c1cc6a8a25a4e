import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// What a journal knows of its folding.
struct FoldingState {
    var isRunning = false
    var pauses = 0
    var waiting: [@Sendable (Result<BaseCopyStart, PointError>) -> Void] = []
    /// Until it is said how long points are kept, all are.
    var retention = JournalRetention(window: .max, isHeld: true)
    /// Bookmarks that need not be kept.
    var released = ReleasedBookmarks()
    /// Points behind the base that can be opened, and how many readers they have.
    var kept = KeptPoints()
    var keptReaders = 0
}

extension Journal {
    /// Sets how long points are kept; what is older is folded into the base.
    public func setRetention(_ retention: JournalRetention) {
        let isPosted = host.loop.post {
            self.folding.retention = retention
            self.fold()
        }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }

    /// Lets a bookmark be folded away like any point, for good.
    ///
    /// - Parameter completion: on the loop, when it is durable; `noSuchPoint` when there is no bookmark.
    public func release(
        bookmark generation: Generation, sequence: UInt64,
        completion: @escaping @Sendable (Result<StoredPoint, PointError>) -> Void
    ) {
        onLoop({ if case .failure(let error) = $0 { completion(.failure(error)) } }) { journal in
            // What is folded away, or not here yet, need not be looked for.
            let mark = StreamMark(generation: generation, sequence: sequence)
            guard mark > StreamMark(journal.state.base.position), mark <= StreamMark(journal.durable.position) else {
                throw PointError(reason: .noSuchPoint)
            }
            let point = try journal.find(.position(generation, sequence: sequence))
            guard point.kind == .mark else { throw PointError(reason: .noSuchPoint) }
            // What is folded away needs no releasing any more.
            var next = journal.folding.released
            next.ordinals = next.ordinals.filter { $0 > journal.state.base.ordinal }
            next.ordinals.insert(point.place.ordinal)
            journal.folding.released = next
            journal.writeReleased(next) { failure in
                if let failure { return completion(.failure(PointError(reason: .damaged("\(failure)")))) }
                completion(.success(point))
                journal.fold()
            }
        }
    }

    /// In the order in which it is asked for: the thread does one after the other.
    private func writeReleased(_ list: ReleasedBookmarks, then next: @escaping @Sendable (SystemError?) -> Void) {
        removals += 1
        host.quick.add { [host, folder] in
            var failure: SystemError?
            do throws(SystemError) {
                try DurableFile.replace(folder.released, with: list.bytes, mode: 0o600)
            } catch { failure = error }
            let outcome = failure
            host.loop.post {
                self.removals -= 1
                next(outcome)
                self.finishClosing()
            }
        }
    }

    /// Folds what may be folded, as far as whole segments go.
    func fold() {
        guard !folding.isRunning, !isMerging, condition == .running || condition == .full else {
            return
        }
        if thin() { return }
        let target: FoldTarget?
        do { target = try foldTarget } catch {
            return tell(.finding(JournalFinding(.index, file: folder.path, offset: 0, cause: "\(error)")))
        }
        // A folding that was cut off is finished even then: until it is, the base is of no point.
        guard let target, folding.pauses == 0 || state.floor != state.base else { return }
        let isRepeated = state.floor.ordinal > state.base.ordinal
        folding.isRunning = true
        if target.keepsBase { keepBase() }
        state.floor = target.place
        let job = Folding(
            folder: folder, state: state, target: target.place, targetTime: target.time,
            volumes: volumes(at: target.place), parts: runs.map { IndexPart(path: $0.path, footer: $0.footer) },
            isRepeated: isRepeated, kept: folding.kept)
        let reserve = Reserve(folder, bytes: configuration.reserve)
        host.slow.add { [host] in
            let outcome = Self.attempt(job, reserve)
            host.loop.post { self.folded(outcome) }
        }
    }

    private static func attempt(_ job: Folding, _ reserve: Reserve) -> Result<JournalState, any Error> {
        do { return .success(try job.run()) } catch let error as SystemError where error.errno == ENOSPC {
            // The second attempt has the room that was kept for it.
            reserve.release()
            return Result { try job.run() }
        } catch { return .failure(error) }
    }

    private struct FoldTarget {
        let place: JournalPlace
        let time: UInt64
        /// Whether the base as it is stays openable.
        var keepsBase = false

        init(_ place: JournalPlace, _ time: UInt64) {
            self.place = place
            self.time = time
        }

        init(_ entry: FrameEntry) { self.init(entry.place, entry.time) }
    }

    /// The newest point up to which may be folded; the one of a folding that was cut off, as long as there is one.
    private var foldTarget: FoldTarget? {
        get throws {
            if state.floor.ordinal > state.base.ordinal {
                return FoldTarget(state.floor, try time(of: state.floor))
            }
            let points = sealed.map {
                SegmentPoints(
                    lastOrdinal: $0.end.ordinal, pointCount: $0.footer.pointCount,
                    greatestTime: $0.footer.greatestTime)
            }
            let count = folding.retention.foldable(
                points, newest: newestTime, now: configuration.wallClock(), pin: pins.keys.min())
            guard count > 0 else { return nil }
            let limit = oldestBookmark ?? .max
            if !folding.retention.keep.isEmpty { return try targetThatKeeps(sealed[..<count], limit) }
            for segment in sealed[..<count].reversed() where segment.footer.start.ordinal < limit {
                let entry = try segment.frames().last { $0.isPoint && $0.lastOrdinal < limit }
                guard let entry else { continue }
                return entry.lastOrdinal > state.base.ordinal ? FoldTarget(entry) : nil
            }
            return nil
        }
    }

    /// Not beyond the next point that is kept: the base must have been there.
    private func targetThatKeeps(_ segments: ArraySlice<SealedSegment>, _ limit: UInt64) throws -> FoldTarget? {
        let retention = folding.retention
        var target: FoldTarget?
        for segment in segments where segment.end.ordinal > state.base.ordinal {
            for entry in try segment.frames() where entry.isPoint && entry.lastOrdinal > state.base.ordinal {
                guard entry.lastOrdinal < limit else { return target }
                if let target, retention.endsSpan(target.time, next: entry.time) { return target }
                let keepsBase =
                    target?.keepsBase
                    ?? (state.isBaseConsistent && retention.endsSpan(state.baseTime, next: entry.time))
                target = FoldTarget(entry)
                target?.keepsBase = keepsBase
            }
        }
        return target
    }

    var newestTime: UInt64 {
        for segment in open.reversed() {
            if let entry = segment.frames.last(where: \.isPoint) { return entry.time }
        }
        return sealed.last { $0.footer.pointCount > 0 }?.footer.greatestTime ?? 0
    }

    /// The journal's number of the oldest bookmark that must stay; the base stays ahead of it.
    private var oldestBookmark: UInt64? {
        sealed.lazy.flatMap(\.notes).first {
            $0.kind == .mark && $0.ordinal > self.state.base.ordinal
                && !self.folding.released.ordinals.contains($0.ordinal)
        }?.ordinal
    }

    private func time(of place: JournalPlace) throws -> UInt64 {
        for segment in sealed where segment.end.ordinal >= place.ordinal {
            if let entry = try segment.frames().first(where: { $0.lastOrdinal == place.ordinal }) { return entry.time }
        }
        return state.baseTime
    }

    private func folded(_ outcome: Result<JournalState, any Error>) {
        folding.isRunning = false
        defer {
            tellPaused()
            finishClosing()
        }
        switch outcome {
        case .success(let now):
            state = now
            base.forget()
            removeFolded()
            tell(.folded(now.base.position))
            makeSpare()
            mergeRuns()
            fold()
        case .failure(let finding as JournalFinding):
            tell(.finding(finding))
        case .failure(let error as SystemError) where error.errno == ENOSPC || error.errno == EDQUOT:
            if giveWay() { return }
            tell(.finding(JournalFinding(.base, file: folder.path, offset: 0, cause: "folding has no room: \(error)")))
            lookForRoomLater()
        case .failure(let error):
            tell(.finding(JournalFinding(.base, file: folder.path, offset: 0, cause: "\(error)")))
        }
    }

    /// Segments all of which the base has are deleted, with the indexes that have nothing else.
    private func removeFolded() {
        var paths: [String] = []
        while let first = sealed.first, first.end.ordinal <= state.base.ordinal {
            paths.append(first.path)
            reader?.forget(first.number)
            sealed.removeFirst()
        }
        while let run = runs.first, run.footer.end.ordinal <= state.base.ordinal {
            if run.segments.count > 1 { paths.append(run.path) }
            runs.removeFirst()
        }
        remove(paths)
    }

    /// Deletes files that do not count any more, and takes back the room that was given up for it.
    func remove(_ paths: [String]) {
        let reserve = Reserve(folder, bytes: configuration.reserve)
        removals += 1
        host.quick.add { [host] in
            var failure: SystemError?
            for path in paths {
                do throws(SystemError) { try JournalFolder.remove(path) } catch { failure = error }
            }
            reserve.fill()
            let outcome = failure
            host.loop.post { self.removed(outcome) }
        }
    }

    private func removed(_ failure: SystemError?) {
        removals -= 1
        if let failure {
            tell(.finding(JournalFinding(.recovery, file: failure.subject, offset: 0, cause: "\(failure)")))
        }
        finishClosing()
    }
}
