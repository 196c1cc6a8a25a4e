import Primitives
import StreamProtocol

/// Which node the source speaks to, and where the stream goes on there.
extension SourceCore {
    mutating func assigned(_ next: Task, at now: Instant, into effects: inout [Effect]) {
        if let task, next.epoch < task.epoch { return }
        let before = task
        task = next
        if before?.limits != next.limits { calendar = RateCalendar(next.limits) }
        if next.isPaused {
            leave(into: &effects)
            phase = .away
            retryAt = .distantFuture
            return turn(to: .bitmap, into: &effects)
        }
        switch phase {
        case .away, .halted: connect(0, into: &effects)
        case .connecting, .persisting, .greeting, .linked:
            // The nodes of another assignment are other nodes.
            guard before?.epoch != next.epoch else { return }
            leave(into: &effects)
            connect(0, into: &effects)
        }
    }

    private mutating func leave(into effects: inout [Effect]) {
        switch phase {
        case .connecting(let link), .persisting(let link), .greeting(let link), .linked(let link):
            effects.append(.disconnect(link))
        case .away, .halted: break
        }
    }

    mutating func connect(_ link: Link, into effects: inout [Effect]) {
        phase = .connecting(link)
        // It may be of another assignment, with other nodes behind it.
        safeEverywhere = StreamMark(.none)
        effects.append(.connect(link))
    }

    mutating func connected(_ link: Link, into effects: inout [Effect]) {
        guard phase == .connecting(link) else { return }
        greet(link, into: &effects)
    }

    /// A new session, or the next generation, is written down before the node hears of it.
    private mutating func greet(_ link: Link, into effects: inout [Effect]) {
        if !hasBegun {
            switch start {
            case .first:
                prepareGeneration(after: .none)
                effects.append(.markAll)
            case .clean(let tail): prepareGeneration(after: tail)
            // Where the node's stream ends is its to say.
            case .crashed: break
            }
        }
        hasBegun = true
        memory.session += 1
        unwritten += 1
        phase = .persisting(link)
        effects.append(.persist(memory))
    }

    mutating func persisted(into effects: inout [Effect]) {
        unwritten -= 1
        guard unwritten == 0 else { return }
        if isBeginning {
            isBeginning = false
            hasGeneration = true
            copyEnd = 0
            durableThrough = 0
            queue = FrameQueue(
                after: StreamPosition(
                    generation: memory.generation, sequence: 0, digest: memory.predecessor.digest))
            effects.append(.beginGeneration(memory.generation, after: memory.predecessor))
        }
        guard case .persisting(let link) = phase, let task else { return }
        phase = .greeting(link)
        let hello = Hello(
            machine: machine, purpose: .source, epoch: task.epoch, session: memory.session,
            generation: memory.generation, predecessor: memory.predecessor, volumes: volumes, level: task.level,
            codecs: FrameCodec.allCases)
        effects.append(.greet(link, hello))
    }

    mutating func disconnected(_ link: Link, at now: Instant, into effects: inout [Effect]) {
        switch phase {
        case .connecting(link), .persisting(link), .greeting(link), .linked(link): fail(link, at: now, into: &effects)
        default: break
        }
    }

    /// The other node at once; after both, a pause.
    private mutating func fail(_ link: Link, at now: Instant, into effects: inout [Effect]) {
        credits = 0
        sendAt = .distantFuture
        failures = if case .linked = phase { 1 } else { failures + 1 }
        let links = task?.links ?? 1
        guard failures >= links else { return connect((link + 1) % links, into: &effects) }
        failures = 0
        phase = .away
        retryAt = now + settings.retry
    }

    mutating func answered(_ link: Link, _ answer: HelloAnswer, at now: Instant, into effects: inout [Effect]) {
        guard phase == .greeting(link) else { return }
        switch answer {
        case .accepted(let durable, let next, let credits, _):
            accepted(link, durable: durable, next: next, credits: credits, into: &effects)
        case .refused(.wrongPredecessor, let tail): renew(link, after: tail, into: &effects)
        case .refused(let refusal, _):
            effects.append(.report(.refused(link, refusal)))
            effects.append(.disconnect(link))
            fail(link, at: now, into: &effects)
        }
    }

    private mutating func accepted(
        _ link: Link, durable: StreamPosition, next: UInt64, credits: UInt64, into effects: inout [Effect]
    ) {
        // The generation of an earlier process: what it did not send is lost, and a new one begins where it ended.
        guard hasGeneration else { return renew(link, after: durable, into: &effects) }
        let isOwn = durable.generation == memory.generation
        let known = queue.position(durable.sequence)
        if isOwn, let known, known.digest != durable.digest {
            effects.append(.report(.diverged(link, tail: durable)))
            return renew(link, after: durable, isTrusted: false, into: &effects)
        }
        guard isOwn || durable == memory.predecessor, queue.rewind(to: next) else {
            return renew(link, after: durable, into: &effects)
        }
        phase = .linked(link)
        failures = 0
        durableThrough = isOwn ? durable.sequence : 0
        self.credits = credits
        effects.append(.report(.linked(link, memory.generation)))
        beginCopyIfPossible(into: &effects)
    }

    /// Begins a generation where the node's stream ends. What may differ from there is marked: all that the
    /// write-intent log has, or everything when the node is further back than that log reaches.
    private mutating func renew(
        _ link: Link, after tail: StreamPosition, isTrusted: Bool = true, into effects: inout [Effect]
    ) {
        guard tail.generation <= memory.generation else {
            effects.append(.report(.foreign(link, tail: tail)))
            effects.append(.disconnect(link))
            phase = .halted
            return turn(to: .bitmap, into: &effects)
        }
        turn(to: .bitmap, into: &effects)
        let isReached = isTrusted && tail != .none && StreamMark(tail) >= memory.settled
        effects.append(isReached ? .markUnsettled : .markAll)
        effects.append(.discardFrames)
        isComparing = tail != .none
        hasGeneration = false
        prepareGeneration(after: tail)
        greet(link, into: &effects)
    }

    private mutating func prepareGeneration(after tail: StreamPosition) {
        isBeginning = true
        memory.generation = Generation(max(memory.generation, tail.generation).number + 1)
        memory.predecessor = tail
    }
}
