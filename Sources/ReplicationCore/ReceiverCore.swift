import Primitives
import StreamProtocol

/// A node's side of one machine's stream: who may speak, what is taken, what is acknowledged and when.
///
/// 1. Only one connection speaks: the one with the highest session of the source.
/// 2. A generation is taken only where the durable tail is its predecessor.
/// 3. Frames come without gaps; nothing is acknowledged as durable before the journal's flush says so, nothing as
///    replicated before the other node's flush does too.
///
/// All input is `Event`s, all output `Effect`s, to be performed in their order.
public struct ReceiverCore: Sendable {
    /// Bugs that only the simulator plants, to prove that it notices them.
    package enum Plant: Sendable { case acknowledgeBeforeFlush, acceptAnyPredecessor }

    /// A connection, by a number that is never used again.
    public typealias Connection = UInt64

    public enum Condition: Hashable, Sendable { case taking, paused, full, faulted }

    public struct Settings: Hashable, Sendable {
        /// Bytes that may be received and not yet flushed.
        public var window: UInt64
        /// The longest silence while something moves.
        public var pause: Span

        public init(window: UInt64 = 64 << 20, pause: Span = .milliseconds(20)) {
            self.window = window
            self.pause = pause
        }
    }

    struct Caller: Sendable {
        let connection: Connection
        let session: UInt64
        let isNode: Bool
        /// Nothing is taken before the hello is accepted.
        var isAccepted: Bool
    }

    public let machine: MachineID
    let settings: Settings
    package var plant: Plant?

    public internal(set) var epoch: UInt64
    public internal(set) var condition = Condition.taking
    var isPaused = false
    /// In memory, in order.
    public internal(set) var received: StreamPosition
    /// Flushed here.
    public internal(set) var durable: StreamPosition
    /// The last barrier of a consistent frame that is flushed here.
    public internal(set) var consistent: StreamPosition?
    /// Where the generation of `durable` began.
    public internal(set) var predecessor: StreamPosition
    /// The generation of the next frame.
    var opened: Generation
    var peerDurable = StreamMark(.none)
    var applied = StreamMark(.none)
    var caller: Caller?
    /// The highest session of the source so far.
    var session: UInt64 = 0
    /// A hello that waits until everything received is flushed, its generation is begun or a copy is stored.
    var waiting: (connection: Connection, hello: Hello)?
    /// The journal is writing down where this generation begins.
    var beginning: (generation: Generation, predecessor: StreamPosition)?
    /// The connection over which a base image comes.
    var copying: Connection?
    var unflushed: [(end: StreamPosition, bytes: UInt64, isPoint: Bool)] = []
    var unflushedBytes: UInt64 = 0
    var lastSent: Acknowledgement?
    var sentAt = Instant(nanoseconds: 0)

    /// - Parameters:
    ///   - epoch: of the newest assignment that this node knows.
    ///   - durable: the end of the journal as it was found.
    ///   - predecessor: where the generation of that end began.
    ///   - consistent: the last consistent point in the journal.
    public init(
        machine: MachineID, epoch: UInt64, durable: StreamPosition, predecessor: StreamPosition,
        consistent: StreamPosition?, settings: Settings = Settings()
    ) {
        self.machine = machine
        self.epoch = epoch
        self.durable = durable
        self.predecessor = predecessor
        self.consistent = consistent
        self.settings = settings
        received = durable
        opened = durable.generation
    }

    /// The session of the source while it speaks to this node.
    public var sourceSession: UInt64? {
        guard let caller, caller.isAccepted, !caller.isNode else { return nil }
        return caller.session
    }

    /// The stream is at a state that a power cut could have left.
    public var isConsistent: Bool { consistent == durable }

    public mutating func step(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        switch event {
        case .assigned(let epoch, let isPaused): assigned(epoch, isPaused: isPaused, into: &effects)
        case .hello(let connection, let hello): judge(hello, of: connection, into: &effects)
        case .disconnected(let connection): disconnected(connection, into: &effects)
        case .frame(let connection, let header, let digest): take(header, digest, of: connection, into: &effects)
        case .flushed(let end): flushed(end, into: &effects)
        case .begun: begun(into: &effects)
        case .copyStored(let connection, let end): copyStored(end, of: connection, into: &effects)
        case .peerFlushed(let mark): peerFlushed(mark)
        case .applied(let mark): applied = max(applied, mark)
        case .conditionChanged(let next): turn(to: next == .taking && isPaused ? .paused : next, into: &effects)
        case .wake: break
        }
        acknowledge(at: now, into: &effects)
    }

    // MARK: Frames

    private mutating func take(
        _ header: FrameHeader, _ digest: ChainDigest, of connection: Connection, into effects: inout [Effect]
    ) {
        guard let caller, caller.connection == connection, caller.isAccepted, condition == .taking else { return }
        let next = isFirstOfGeneration ? 1 : received.sequence + 1
        guard header.machine == machine, header.generation == opened, header.firstSequence == next else {
            return drop(caller, .gap(expected: next, found: header.firstSequence), into: &effects)
        }
        let bytes = UInt64(header.frameLength)
        guard unflushedBytes + bytes <= settings.window + UInt64(FrameLimits.frame) else {
            return drop(caller, .beyondCredits, into: &effects)
        }
        received = StreamPosition(generation: header.generation, sequence: header.lastSequence, digest: digest)
        let isPoint = header.flags.contains(.endsEpoch) && !header.flags.contains(.notConsistent)
        unflushed.append((received, bytes, isPoint))
        unflushedBytes += bytes
        effects.append(.append(received))
        if plant == .acknowledgeBeforeFlush { durable = received }
    }

    /// The generation that was begun has no frame yet.
    private var isFirstOfGeneration: Bool { opened > received.generation }

    private mutating func flushed(_ end: StreamPosition, into effects: inout [Effect]) {
        let count = unflushed.prefix { StreamMark($0.end) <= StreamMark(end) }.count
        guard count > 0 else { return }
        for (_, bytes, _) in unflushed[..<count] { unflushedBytes -= bytes }
        if let point = unflushed[..<count].last(where: \.isPoint) { consistent = point.end }
        let last = unflushed[count - 1].end
        unflushed.removeFirst(count)
        if StreamMark(last) > StreamMark(durable) { durable = last }
        effects.append(.durable(durable))
        judgeWaiting(into: &effects)
    }

    private mutating func peerFlushed(_ mark: StreamMark) {
        guard mark > peerDurable else { return }
        peerDurable = mark
    }

    // MARK: Acknowledgements

    private mutating func acknowledge(at now: Instant, into effects: inout [Effect]) {
        guard let caller, caller.isAccepted else { return }
        let news = acknowledgement
        guard news != lastSent else { return }
        // What was only received can wait for company.
        let isUrgent = lastSent.map { news.durable > $0.durable || news.replicated > $0.replicated } ?? true
        guard isUrgent || now >= sentAt + settings.pause else {
            effects.append(.wake(at: sentAt + settings.pause))
            return
        }
        lastSent = news
        sentAt = now
        effects.append(.acknowledge(caller.connection, news))
    }

    /// How far this node is, for whoever speaks.
    public var acknowledgement: Acknowledgement {
        let generation = opened
        func sequence(_ mark: StreamMark) -> UInt64 {
            mark.generation == generation ? mark.sequence : mark.generation > generation ? .max : 0
        }
        let safe = sequence(StreamMark(durable))
        return Acknowledgement(
            generation: generation, received: sequence(StreamMark(received)), durable: safe,
            replicated: min(safe, sequence(peerDurable)), applied: min(safe, sequence(applied)),
            credits: condition == .taking ? settings.window - min(unflushedBytes, settings.window) : 0)
    }
}
