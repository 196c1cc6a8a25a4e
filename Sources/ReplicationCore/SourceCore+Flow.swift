import Primitives
import StreamProtocol

/// What is kept, sent and freed, and when the state changes.
extension SourceCore {
    /// Above it the ring is full, below the low mark it has room again.
    var highMark: Int { settings.ringLimit / 4 * 3 }
    var lowMark: Int { settings.ringLimit / 4 }

    mutating func frameClosed(_ frame: ClosedFrame, into effects: inout [Effect]) {
        // One that was closed before the tap heard of the next generation.
        guard hasGeneration, frame.end.generation == memory.generation else { return }
        queue.append(frame)
        judge(into: &effects)
    }

    /// Judges the state by what is kept.
    mutating func judge(into effects: inout [Effect]) {
        switch state {
        case .stream:
            guard queue.memoryBytes > highMark else { return }
            if settings.spoolLimit > 0 { turn(to: .spool, into: &effects) }
            relieve(into: &effects)
        case .spool:
            guard queue.spoolBytes == 0, queue.memoryBytes < lowMark else { return relieve(into: &effects) }
            turn(to: .stream, into: &effects)
        case .bitmap: beginCopyIfPossible(into: &effects)
        case .resync:
            if queue.memoryBytes > highMark { record(.marks, into: &effects) }
            continueCopyIfPossible(into: &effects)
        }
    }

    /// Makes room: to the spool; by freeing what one node has, if the other is away; by marking from now on.
    private mutating func relieve(into effects: inout [Effect]) {
        if settings.spoolLimit > 0, queue.memoryBytes > lowMark {
            for sequence in queue.beginSpooling(upTo: settings.spoolLimit - queue.spoolBytes) {
                effects.append(.spool(sequence))
            }
        }
        // What is on its way into the spool leaves the memory soon.
        let staying = queue.memoryBytes - queue.spoolingBytes
        let isFull = staying > highMark && queue.spoolBytes + FrameLimits.frame > settings.spoolLimit
        guard isFull || queue.memoryBytes > settings.ringLimit - FrameLimits.frame else { return }
        if durableThrough > queue.freed.sequence, queue.free(through: durableThrough) {
            effects.append(.report(.freedUnreplicated(through: queue.freed.sequence)))
            effects.append(.free(through: queue.freed.sequence))
            if queue.memoryBytes <= highMark { return }
        }
        turn(to: .bitmap, into: &effects)
    }

    mutating func acknowledged(_ link: Link, _ news: Acknowledgement, into effects: inout [Effect]) {
        guard phase == .linked(link), news.generation == memory.generation, news.received <= queue.end.sequence,
            let task
        else { return }
        queue.receive(through: news.received)
        credits = news.credits
        durableThrough = max(durableThrough, news.durable)
        let everywhere = task.links > 1 ? news.replicated : news.durable
        safeEverywhere = StreamMark(generation: news.generation, sequence: everywhere)
        // A resync must not wait for a node that is away: what it needs is in the write-intent log all the same.
        let isWhole = state == .stream || state == .spool
        let safe = task.level == .replicated && isWhole ? everywhere : news.durable
        if queue.free(through: safe) { effects.append(.free(through: queue.freed.sequence)) }
        judge(into: &effects)
    }

    /// Nothing is settled while something is marked: the log is all that knows of it. Each time the disks are flushed
    /// and the memory is written, and the next writes have to mark their regions again, so there is a pause between.
    mutating func settle(at now: Instant, into effects: inout [Effect]) {
        settleAt = .distantFuture
        guard recording == .records(isConsistent: true), safeEverywhere.generation == memory.generation,
            safeEverywhere.sequence > 0, safeEverywhere.sequence >= copyEnd, safeEverywhere > memory.settled
        else { return }
        guard now >= nextSettle else {
            settleAt = nextSettle
            return
        }
        nextSettle = now + settings.settlePause
        memory.settled = safeEverywhere
        effects.append(.settle(safeEverywhere))
    }

    /// The tap could not wait for a judgement and marks already.
    mutating func tapOverflowed(into effects: inout [Effect]) {
        recording = .marks
        if state != .resync { turn(to: .bitmap, into: &effects) }
        judge(into: &effects)
    }

    mutating func spoolFailed(at now: Instant, into effects: inout [Effect]) {
        guard queue.spoolBytes > 0 else { return }
        // What was in the spool is in the write-intent log: a new generation begins at the node's tail.
        effects.append(.discardFrames)
        hasGeneration = false
        turn(to: .bitmap, into: &effects)
        isComparing = true
        effects.append(.markUnsettled)
        if case .linked(let link) = phase {
            effects.append(.disconnect(link))
            disconnected(link, at: now, into: &effects)
        }
    }

    /// Sends what credits and calendar allow.
    mutating func pump(at now: Instant, wall: UInt64, into effects: inout [Effect]) {
        guard case .linked(let link) = phase, sendAt == .distantFuture else { return }
        while let frame = queue.nextToSend {
            guard UInt64(queue.inFlightBytes + frame.bytes) <= credits else { return }
            if let later = calendar.take(frame.bytes, at: now, wall: wall) {
                sendAt = later
                return
            }
            queue.markSent()
            effects.append(.send(link, frame.end.sequence))
        }
    }

    // MARK: Copy and resync

    mutating func beginCopyIfPossible(into effects: inout [Effect]) {
        guard state == .bitmap, hasGeneration, case .linked = phase, queue.spoolBytes == 0,
            queue.memoryBytes < lowMark
        else { return continueCopyIfPossible(into: &effects) }
        copiedBytes = 0
        turn(to: .resync, into: &effects)
        record(.records(isConsistent: false), into: &effects)
        continueCopyIfPossible(into: &effects)
    }

    /// One batch at a time, while the ring has room for it.
    private mutating func continueCopyIfPossible(into effects: inout [Effect]) {
        guard state == .resync, case .linked = phase, !isCopyUnderWay, queue.memoryBytes < lowMark else { return }
        record(.records(isConsistent: false), into: &effects)
        isCopyUnderWay = true
        effects.append(.copy(bytes: settings.copyBatch, comparing: isComparing && hashFilter == .afterCrash))
    }

    mutating func copied(_ bytes: UInt64, remaining: UInt64, into effects: inout [Effect]) {
        guard isCopyUnderWay else { return }
        copiedBytes += bytes
        remainingBytes = remaining
        // While marks are made instead of records, more may come.
        guard remaining == 0, state == .resync, recording == .records(isConsistent: false) else {
            isCopyUnderWay = false
            return judge(into: &effects)
        }
        effects.append(.endCopy)
    }

    mutating func copyEnded(at sequence: UInt64, into effects: inout [Effect]) {
        guard isCopyUnderWay else { return }
        isCopyUnderWay = false
        guard state == .resync, hasGeneration else { return judge(into: &effects) }
        isComparing = false
        copyEnd = sequence
        guard recording != .marks else { return judge(into: &effects) }
        record(.records(isConsistent: true), into: &effects)
        turn(to: .stream, into: &effects)
        judge(into: &effects)
    }
}
