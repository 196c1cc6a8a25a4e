import CaptureProtocol
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import ReplicationCore
import StreamProtocol

/// What operators ask about one machine. All futures fail with a `CaptureRefusal`.
extension MachineStream {
    /// - Throws: `CaptureRefusal` while the journal is not open.
    func requireJournal() throws(CaptureRefusal) -> Journal {
        switch disk {
        case .open(let open): return open.journal
        case .failed(let cause): throw CaptureRefusal(.faulted, cause)
        case .none, .opening, .closed:
            throw CaptureRefusal(.busy, "the journal of machine \(machine) is being opened")
        }
    }

    // MARK: Status

    func status() -> EventLoopFuture<StreamStatus> {
        guard let open else { return loop.makeSucceededFuture(shortStatus) }
        let promise = loop.makePromise(of: JournalStatus.self)
        open.journal.status { promise.succeed($0) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        return promise.futureResult.map { bound.value.status($0) }
    }

    private var shortStatus: StreamStatus {
        var status = StreamStatus(machine: machine, epoch: assignment?.epoch ?? 0, role: role, state: .waiting)
        if case .failed = disk { status.state = .faulted }
        status.alarms = alarms.codes
        return status
    }

    private var role: StreamStatus.Role {
        switch speaker?.purpose {
        case .source: .receiver
        case .forward, .copy: .second
        case nil: .idle
        }
    }

    private func status(_ journal: JournalStatus) -> StreamStatus {
        var status = shortStatus
        status.state = state(journal)
        status.generation = journal.durable.generation
        status.sequence = journal.durable.sequence
        status.newestPoint = journal.newestPoint
        status.oldestPoint = journal.oldestPoint
        status.lag = clock.lag
        status.rate = clock.rate(at: BootClock.now)
        status.journalBytes = journal.journalBytes
        status.baseBytes = journal.baseBytes
        status.isReplicated = isReplicated(journal)
        status.isCurrent = isCurrent(journal)
        guard let report = lastReport else { return status }
        status.bytesBehind = report.bytesBehind
        status.oldestUnsafe = report.oldestUnsafe == 0 ? nil : report.oldestUnsafe
        status.copiedBytes = report.copiedBytes
        status.bytesToCopy = report.bytesToCopy
        return status
    }

    private func state(_ journal: JournalStatus) -> StreamStatus.State {
        switch journal.condition {
        case .faulted: return .faulted
        case .full: return .full
        case .closed: return .waiting
        case .running: break
        }
        if assignment?.isPaused == true { return .paused }
        guard let speaker else { return journal.durable == .none ? .waiting : .disconnected }
        if speaker.purpose == .copy { return .building }
        if clock.isConsistent { return .streaming }
        return journal.newestPoint == nil ? .copying : .resyncing
    }

    private func isReplicated(_ journal: JournalStatus) -> Bool {
        switch speaker?.purpose {
        // What is here came from there.
        case .forward: true
        case .copy: false
        case .source, nil: forward.map { $0.peerMark >= StreamMark(journal.durable) } ?? false
        }
    }

    /// Only what the source has said over this connection counts: it knows what it has still to bring.
    private func isCurrent(_ journal: JournalStatus) -> Bool {
        guard speaker?.purpose == .source, journal.condition == .running, journal.newestPoint != nil,
            clock.isConsistent, let lastReport
        else { return false }
        return lastReport.copiedBytes == lastReport.bytesToCopy
    }

    // MARK: Points

    func points(before moment: UInt64, limit: Int) throws(CaptureRefusal) -> EventLoopFuture<[JournalPoint]> {
        let promise = loop.makePromise(of: [JournalPoint].self)
        try requireJournal().points(before: moment, limit: max(0, min(limit, CaptureRequest.mostPoints))) { result in
            promise.completeWith(result.map { $0.map(JournalPoint.init) }.mapError { CaptureRefusal($0) })
        }
        return promise.futureResult
    }

    func bookmark(_ text: String) throws(CaptureRefusal) -> EventLoopFuture<JournalPoint> {
        guard let bookmark = BookmarkText(text) else {
            throw CaptureRefusal(.malformed, "a bookmark has 1 to \(BookmarkText.longest) bytes without a NUL")
        }
        guard let open, let speaker, speaker.purpose == .source, let connection = connections[speaker.connection] else {
            throw CaptureRefusal(.sourceAway, "the source of machine \(machine) is not connected to this node")
        }
        let promise = loop.makePromise(of: JournalPoint.self)
        bookmarks.add(
            BookmarkWaiters.Waiter(
                text: text, after: StreamMark(open.receiver.received), promise: promise,
                deadline: BootClock.now + BookmarkWaiters.patience))
        connection.send(.bookmark(bookmark))
        return promise.futureResult
    }

    func release(_ generation: Generation, _ sequence: UInt64) throws(CaptureRefusal) -> EventLoopFuture<JournalPoint> {
        let promise = loop.makePromise(of: JournalPoint.self)
        try requireJournal().release(bookmark: generation, sequence: sequence) { result in
            promise.completeWith(result.map(JournalPoint.init).mapError { CaptureRefusal($0) })
        }
        return promise.futureResult
    }

    /// What the assignment says was released is released here as well, however late its bookmark comes.
    func applyReleases() {
        guard let open else { return }
        for bookmark in assignment?.released ?? [] where !appliedReleases.contains(bookmark) {
            open.journal.release(
                bookmark: bookmark.generation, sequence: bookmark.sequence,
                completion: returning { [weak self] (result: Result<StoredPoint, PointError>) in
                    switch result {
                    case .success: self?.appliedReleases.insert(bookmark)
                    // Folded away already, or not here yet.
                    case .failure(PointError(reason: .noSuchPoint)): break
                    case .failure(let error):
                        self?.logger.error("a bookmark of record \(bookmark.sequence) is not released yet: \(error)")
                    }
                })
        }
    }

    // MARK: Verification

    /// Begins to read and judge everything, unless that is under way; what is damaged is had from the other node.
    ///
    /// - Parameter rate: bytes a second at most; nil: as fast as the disk reads.
    func verify(rate: UInt64? = nil) throws(CaptureRefusal) {
        let journal = try requireJournal()
        if verification?.isRunning == true {
            // Who asks waits for what runs in the background.
            if rate == nil { pace.rate = nil }
            return
        }
        verification = VerificationProgress(checkedBytes: 0, totalBytes: 0, isRunning: true, findings: [])
        let link = otherPlace.map { RepairLink(to: $0, machine: machine, surroundings) }
        repairs = link
        pace = VerificationPace(rate)
        journal.verify(
            repairingFrom: link.map(JournalRepair.init), pace: pace,
            progress: returning { [weak self] (state: JournalVerification) in self?.verified(state) })
    }

    private func verified(_ state: JournalVerification) {
        verification = VerificationProgress(
            checkedBytes: state.checkedBytes, totalBytes: state.totalBytes, isRunning: state.isRunning,
            findings: state.findings.map(\.description))
        guard !state.isRunning else { return }
        repairs?.stop()
        repairs = nil
        alarms.set(.damaged, state.findings.contains { $0.repair == nil })
    }

    // MARK: Forgetting

    /// Deletes everything of the machine on this node.
    func forget() -> EventLoopFuture<Void> {
        let (folder, generations, workers, loop) = (folder, branchPath, surroundings.workers, loop)
        let bound = NIOLoopBound(self, eventLoop: loop)
        return exports.endAll(of: machine).flatMap { bound.value.stop() }.flatMap {
            let promise = loop.makePromise(of: Void.self)
            workers.run(
                {
                    try Journal.delete(folder)
                    try DurableFile.remove(generations)
                }, { promise.completeWith($0) })
            return promise.futureResult
        }
    }
}
