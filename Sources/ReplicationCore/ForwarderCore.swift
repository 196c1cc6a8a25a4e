import Primitives
import StreamProtocol

/// Brings the other node level with this one: by frames from where it stands, or by a copy of the base image when it is
/// further back than the journal reaches, or was left behind on another branch.
///
/// Two nodes that hold generations of one predecessor that neither knows of the other are a split brain: both are kept
/// and reported, and nothing is sent until somebody has decided.
public struct ForwarderCore: Sendable {
    public enum Phase: Hashable, Sendable {
        /// This node does not have the source on the line, or there is no other node.
        case idle
        case connecting
        case greeting
        /// The journal is asked about the other node's tail.
        case comparing(StreamPosition)
        case copying
        /// The base image is there; frames follow.
        case forwarding
        /// Tried again later.
        case away
        case splitBrain(StreamPosition)
    }

    /// One generation in this node's journal.
    public struct Branch: Hashable, Sendable {
        public let generation: Generation
        public let predecessor: StreamPosition

        public init(generation: Generation, predecessor: StreamPosition) {
            self.generation = generation
            self.predecessor = predecessor
        }
    }

    public let machine: MachineID
    let retry: Span
    public internal(set) var phase = Phase.idle
    /// All generations of this node's stream, rising.
    public internal(set) var branches: [Branch]
    /// Flushed here.
    public internal(set) var durable: StreamPosition
    var hello: Hello?
    /// Where the next frame to be sent begins behind.
    var sent: StreamPosition
    /// The hello that went out last.
    var isAccepted = false
    var credits: UInt64 = 0
    var inFlight: [(end: StreamMark, bytes: UInt64)] = []
    var inFlightBytes: UInt64 = 0
    var isReading = false
    /// After a split brain this branch is the one to go on with.
    var isDecided = false
    var retryAt = Instant.distantFuture

    public init(
        machine: MachineID, branches: [Branch], durable: StreamPosition, retry: Span = .milliseconds(500)
    ) {
        self.machine = machine
        self.branches = branches
        self.durable = durable
        self.retry = retry
        sent = durable
    }

    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        switch event {
        case .assigned(let next): assigned(next, into: &effects)
        case .begun(let branch): branches.append(branch)
        case .durable(let position): durable = position
        case .connected: if phase == .connecting { greet(.forward, branches.last, into: &effects) }
        case .disconnected: disconnected(at: now)
        case .answered(let answer): answered(answer, at: now, into: &effects)
        case .found(let tail, let finding): found(tail, finding, at: now, into: &effects)
        case .acknowledged(let news): acknowledged(news, into: &effects)
        case .read(let end, let bytes): read(end, bytes: bytes)
        case .readFailed: fail(at: now, into: &effects)
        case .copied(let position, let isConsistent):
            copied(position, isConsistent: isConsistent, at: now, into: &effects)
        case .decidedForOurs:
            guard case .splitBrain = phase else { break }
            isDecided = true
            connect(into: &effects)
        case .wake: if now >= retryAt { connect(into: &effects) }
        }
        pump(into: &effects)
        if retryAt < .distantFuture { effects.append(.wake(at: retryAt)) }
    }

    // MARK: Connection

    private mutating func assigned(_ next: Hello?, into effects: inout [Effect]) {
        let isNew = hello?.epoch != next?.epoch || hello?.session != next?.session
        hello = next
        guard next != nil else {
            if phase != .idle { effects.append(.disconnect) }
            phase = .idle
            retryAt = .distantFuture
            return
        }
        guard phase == .idle || isNew else { return }
        if phase != .idle { effects.append(.disconnect) }
        connect(into: &effects)
    }

    private mutating func connect(into effects: inout [Effect]) {
        retryAt = .distantFuture
        guard hello != nil, !branches.isEmpty else {
            phase = .idle
            return
        }
        phase = .connecting
        effects.append(.connect)
    }

    mutating func greet(_ purpose: Hello.Purpose, _ branch: Branch?, into effects: inout [Effect]) {
        guard var hello, let branch else { return }
        phase = .greeting
        forget()
        hello.purpose = purpose
        hello.generation = branch.generation
        hello.predecessor = branch.predecessor
        self.hello = hello
        effects.append(.greet(hello))
    }

    private mutating func disconnected(at now: Instant) {
        guard phase != .idle else { return }
        if case .splitBrain = phase { return }
        phase = .away
        retryAt = now + retry
        forget()
    }

    mutating func fail(at now: Instant, into effects: inout [Effect]) {
        effects.append(.disconnect)
        disconnected(at: now)
    }

    private mutating func forget() {
        isAccepted = false
        credits = 0
        inFlight = []
        inFlightBytes = 0
        isReading = false
    }

    // MARK: What the other node says

    private mutating func answered(_ answer: HelloAnswer, at now: Instant, into effects: inout [Effect]) {
        guard phase == .greeting, let hello else { return }
        switch answer {
        case .accepted(_, _, let credits, _) where hello.purpose == .copy:
            self.credits = credits
            phase = .copying
            effects.append(.copyBase)
        case .accepted(let tail, let next, let credits, _):
            // What it received and did not flush yet is on its way; frames follow behind it.
            guard tail.generation != hello.generation || next == tail.sequence + 1 else {
                return fail(at: now, into: &effects)
            }
            self.credits = credits
            isAccepted = true
            compare(tail, into: &effects)
        case .refused(.wrongPredecessor, let tail): compare(tail, into: &effects)
        case .refused(let refusal, _):
            effects.append(.report(.refused(refusal)))
            fail(at: now, into: &effects)
        }
    }

    private mutating func compare(_ tail: StreamPosition, into effects: inout [Effect]) {
        phase = .comparing(tail)
        effects.append(.find(tail))
    }

    private mutating func found(
        _ tail: StreamPosition, _ finding: Finding, at now: Instant, into effects: inout [Effect]
    ) {
        guard phase == .comparing(tail), let hello else { return }
        switch finding {
        case .readable:
            guard let branch = branch(behind: tail) else { return fail(at: now, into: &effects) }
            if branch.generation == hello.generation, hello.purpose == .forward {
                // It refuses what it should take: its stream began elsewhere.
                guard isAccepted else { return judgeStrange(tail, at: now, into: &effects) }
                phase = .forwarding
                sent = tail
                effects.append(.report(.forwarding(from: StreamMark(tail))))
                effects.append(.peerFlushed(StreamMark(tail)))
            } else {
                greet(.forward, branch, into: &effects)
            }
        case .folded:
            effects.append(.report(.copying(tail: tail)))
            greet(.copy, branches.last, into: &effects)
        case .strange: judgeStrange(tail, at: now, into: &effects)
        }
    }

    /// A tail that this node's stream never had.
    private mutating func judgeStrange(_ tail: StreamPosition, at now: Instant, into effects: inout [Effect]) {
        let isAhead = StreamMark(tail) > StreamMark(durable)
        if tail.generation < lastGeneration || isDecided {
            // Generations of one source have numbers of their own: it went on from elsewhere, or somebody decided. The
            // other node keeps that end aside.
            isDecided = false
            effects.append(.report(.copying(tail: tail)))
            return greet(.copy, branches.last, into: &effects)
        }
        if isAhead, tail.generation == lastGeneration {
            // It has more of the same generation: its own forwarder brings us level.
            effects.append(.report(.behind(tail: tail)))
            return fail(at: now, into: &effects)
        }
        phase = .splitBrain(tail)
        effects.append(.disconnect)
        effects.append(.report(.splitBrain(ours: durable, theirs: tail)))
    }

    private var lastGeneration: Generation { branches.last?.generation ?? Generation(0) }

    /// The generation of the frame that follows a position of this node's stream.
    private func branch(behind tail: StreamPosition) -> Branch? {
        if let next = branches.last(where: { $0.predecessor == tail }) { return next }
        return branches.last { $0.generation == tail.generation }
    }

    private mutating func copied(
        _ position: StreamPosition, isConsistent: Bool, at now: Instant, into effects: inout [Effect]
    ) {
        guard phase == .copying else { return }
        // Ahead of the first generation there is nothing, and no generation of it.
        let own = branches.last { $0.generation == position.generation }?.predecessor
        guard let branch = branch(behind: position), let predecessor = own ?? (position == .none ? position : nil)
        else {
            return fail(at: now, into: &effects)
        }
        effects.append(
            .sendCopyEnd(CopyEnd(position: position, predecessor: predecessor, isConsistent: isConsistent)))
        greet(.forward, branch, into: &effects)
    }

    // MARK: Frames

    private mutating func acknowledged(_ news: Acknowledgement, into effects: inout [Effect]) {
        guard phase == .forwarding, news.generation == hello?.generation else { return }
        let received = StreamMark(generation: news.generation, sequence: news.received)
        while let first = inFlight.first, first.end <= received {
            inFlightBytes -= first.bytes
            inFlight.removeFirst()
        }
        credits = news.credits
        guard news.durable > 0 else { return }
        effects.append(.peerFlushed(StreamMark(generation: news.generation, sequence: news.durable)))
    }

    private mutating func read(_ end: StreamPosition, bytes: UInt64) {
        guard isReading, phase == .forwarding else { return }
        isReading = false
        guard StreamMark(end) > StreamMark(sent) else { return }
        sent = end
        inFlight.append((StreamMark(end), bytes))
        inFlightBytes += bytes
    }

    private mutating func pump(into effects: inout [Effect]) {
        guard phase == .forwarding, !isReading, let hello, StreamMark(sent) < StreamMark(durable) else { return }
        // This generation may end here: then the next one begins with a hello of its own.
        if let next = branches.last(where: { $0.predecessor == sent }), next.generation != hello.generation {
            guard inFlight.isEmpty else { return }
            return greet(.forward, next, into: &effects)
        }
        guard credits > inFlightBytes else { return }
        isReading = true
        effects.append(.send(after: sent, bytes: credits - inFlightBytes))
    }
}
