import BlockIO
import Glibc
import JournalCore
import Linux
import Primitives
import StreamProtocol

extension Journal: OpenSegmentOwner {
    func take(_ item: Waiting) {
        if let refusal = refusalOfCondition { return item.refused(refusal) }
        if isRestarting || !afterIdle.isEmpty {
            return item.refused(JournalRefusal(.closed, has: durable.position))
        }
        guard waiting.isEmpty else { return waiting.append(item) }
        place(item)
    }

    /// Puts a frame into the open segment, or lets it wait for the next one.
    private func place(_ item: Waiting) {
        guard let segment = segmentWithRoom(for: item.frame.header) else { return waiting.append(item) }
        do throws(JournalRefusal) {
            let frame = item.frame.frame
            var raw: UnsafeRawBufferPointer?
            if frame.hasNotes { raw = try expand(frame) }
            let followed = try follower.follow(
                frame, raw: raw, segment: segment.header.number, start: segment.nextStart)
            segment.append(item.frame, followed)
            makeSpare()
        } catch { item.refused(error) }
    }

    private func expand(_ frame: Frame) throws(JournalRefusal) -> UnsafeRawBufferPointer {
        do throws(StreamFormatError) { return try expansion.expand(frame) } catch {
            throw JournalRefusal(.malformed(error), has: follower.place.position)
        }
    }

    private func segmentWithRoom(for header: FrameHeader) -> OpenSegment? {
        if let last = open.last, !last.isClosed {
            if last.hasRoom(for: header) { return last }
            last.isClosed = true
            segmentAdvanced(last)
        }
        guard let file = spare else {
            makeSpare()
            return nil
        }
        spare = nil
        let header = SegmentHeader(machine: machine, number: nextSegment, start: follower.place)
        let segment = OpenSegment(header, file: file, owner: self)
        open.append(segment)
        return segment
    }

    var nextSegment: UInt32 { (open.last?.header.number ?? sealed.last?.number ?? state.firstSegment - 1) + 1 }

    // MARK: The next segment

    /// A journal that is hardly written to takes the room of one segment, not of two.
    private var needsSpare: Bool {
        guard let last = open.last, !last.isClosed else { return true }
        return last.nextStart * 2 >= configuration.segmentSize
    }

    /// Makes the file of the segment behind the open one, once that is half full, unless it is there or being made.
    func makeSpare() {
        guard spare == nil, !isMakingSpare, condition == .running || condition == .full, needsSpare else { return }
        isMakingSpare = true
        let path = folder.segment(nextSegment)
        let size = configuration.segmentSize
        host.quick.add { [folder, host] in
            let outcome = Self.made(path, size: size, folder: folder, loop: host.loop)
            host.loop.post { self.spareMade(outcome) }
        }
    }

    private static func made(
        _ path: String, size: Int, folder: JournalFolder, loop: BlockLoop
    ) -> Result<BlockFile, BlockFileError> {
        do throws(BlockFileError) {
            do throws(SystemError) {
                try JournalFolder.remove(path)
                try BlockFile.create(path, size: UInt64(size), space: .reserved)
                try folder.flush()
            } catch { throw .system(error) }
            return .success(try BlockFile(path, on: loop))
        } catch { return .failure(error) }
    }

    private func spareMade(_ outcome: Result<BlockFile, BlockFileError>) {
        isMakingSpare = false
        switch outcome {
        case .success(let file):
            spare = file
            if condition == .full {
                condition = .running
                tell(.hasRoom)
            }
            let items = waiting
            waiting = []
            for item in items { take(item) }
        case .failure(.system(let error)) where error.errno == ENOSPC || error.errno == EDQUOT:
            if !giveWay() { becomeFull() }
        case .failure(let error):
            fault("\(error)")
        }
        finishClosing()
    }

    /// Full only once a frame needs the segment that could not be made.
    private func becomeFull() {
        lookForRoomLater()
        guard condition == .running, !waiting.isEmpty else { return }
        condition = .full
        refuseWaiting()
        tell(.full)
    }

    /// Tries later what found no room.
    func lookForRoomLater() {
        guard roomTimer == nil, condition == .running || condition == .full else { return }
        roomTimer = host.loop.schedule(at: BootClock.now + configuration.roomPause) { [unowned self] in
            self.roomTimer = nil
            self.makeSpare()
            self.fold()
        }
    }

    func refuseWaiting() {
        let items = waiting
        waiting = []
        guard let refusal = refusalOfCondition else { return }
        for item in items { item.refused(refusal) }
    }

    // MARK: Group commit

    func segmentAdvanced(_ segment: OpenSegment) {
        flushIfDue()
        advanceDurable()
        finishClosing()
    }

    func segmentFailed(_ segment: OpenSegment, errno: Int32, whileFlushing: Bool) {
        let error = SystemError(operation: whileFlushing ? "flush" : "write", subject: segment.file.path, errno: errno)
        fault("\(error)")
    }

    func fault(_ cause: String) {
        switch condition {
        case .closed, .faulted: break
        case .running, .full:
            condition = .faulted(cause)
            refuseWaiting()
            tell(.faulted(cause))
        }
        finishClosing()
    }

    private func flushIfDue() {
        if case .faulted = condition { return }
        for segment in open where segment.needsFlush {
            let due = lastFlush + configuration.commitPause
            let now = BootClock.now
            guard segment.isClosed || now >= due else {
                if flushTimer == nil {
                    flushTimer = host.loop.schedule(at: due) { [unowned self] in
                        self.flushTimer = nil
                        self.flushIfDue()
                    }
                }
                continue
            }
            lastFlush = now
            segment.flush()
        }
    }

    private func advanceDurable() {
        var reached = durable
        var time = durableTime
        for segment in open {
            if segment.flushed.ordinal > reached.ordinal { (reached, time) = (segment.flushed, segment.flushedTime) }
            guard segment.isClosed, segment.isFlushed, !segment.isBusy else { break }
            if case .faulted = condition { continue }
            if !segment.isSealing { seal(segment) }
        }
        guard reached != durable else { return }
        durable = reached
        durableTime = time
        tell(.durable(reached.position, time: time))
    }

    // MARK: Sealing

    private func seal(_ segment: OpenSegment) {
        segment.isSealing = true
        let seal = segment.seal
        host.quick.add { [host] in
            let outcome: Result<SegmentFooter, SystemError>
            do throws(SystemError) { outcome = .success(try seal.write()) } catch { outcome = .failure(error) }
            host.loop.post { self.sealed(seal, outcome) }
        }
    }

    private func sealed(_ seal: SegmentSeal, _ outcome: Result<SegmentFooter, SystemError>) {
        switch outcome {
        case .success(let footer):
            let segment = SealedSegment(
                number: seal.header.number, path: seal.path, footer: footer, notes: seal.notes)
            precondition(open.first?.header.number == segment.number, "segments are sealed in order")
            open.removeFirst()
            sealed.append(segment)
            runs.append(IndexRun(path: segment.path, footer: footer))
            mergeRuns()
            fold()
        case .failure(let error):
            // It stays as it is, with its index in memory; the next opening finds its frames.
            open.first?.isSealing = false
            fault("\(error)")
        }
        finishClosing()
    }

    /// Whether nothing is under way that would come back to this journal.
    var isIdle: Bool {
        !isMakingSpare && !isMerging && !folding.isRunning && removals == 0
            && open.allSatisfy { !$0.isBusy && $0.isSealing == false }
    }

    func finishClosing() {
        if isIdle, !isRestarting, !afterIdle.isEmpty {
            let work = afterIdle
            afterIdle = []
            for body in work { body() }
        }
        guard let completion = closing, isIdle else { return }
        closing = nil
        if let flushTimer { host.loop.cancel(flushTimer) }
        if let roomTimer { host.loop.cancel(roomTimer) }
        flushTimer = nil
        roomTimer = nil
        open = []
        spare = nil
        reader = nil
        completion()
    }
}
