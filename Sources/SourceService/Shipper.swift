import BlockIO
import CaptureProtocol
import Identity
import Linux
import Logging
import NIOCore
import NIOPosix
import Primitives
import ReplicationCore
import StreamProtocol
import TapCore

/// Steps the source's core and performs what it decides: connections, the spool, the source's file, and what the taps
/// are told. It lives on one event loop; the taps live on theirs, and the two speak by posts.
final class Shipper: @unchecked Sendable {
    // @unchecked: everything is touched on `loop` only, but for what the taps call, which posts to it.

    struct Settings {
        let machine: MachineID
        let identity: SourceIdentity
        var volumes: [Hello.Volume]
        var core: SourceCore.Settings
    }

    let loop: any EventLoop
    let pool: NIOThreadPool
    let store: SourceStore
    let logger: Logger
    let ring: FrameRing
    let settings: Settings
    var core: SourceCore
    let sealer: Sealer
    var shelf = FrameShelf()
    var taps: TapHandle?
    var assignment: StreamAssignment?
    /// No receiver takes the stream, or one says that the assignment changed.
    var wantsAssignment: (() -> Void)?

    var link: Link?
    var linkNumber = 0
    var outgoing = Outgoing()
    var questions: [UInt64: Int] = [:]
    var lastQuestion: UInt64 = 0
    var spool: Spool
    var acknowledged = Acknowledgement(generation: Generation(0))
    var clean: CleanStop?
    var distrustsMarks = false
    private var seenOverflows = 0
    private var events: [SourceCore.Event] = []
    private var isStepping = false
    private var isSettling = false
    private var wake: Scheduled<Void>?
    private var tick: RepeatedTask?
    private(set) var isEnding = false
    /// The last trouble, for the status; nil when all is well.
    private(set) var lastTrouble: String?
    private var waiters: [() -> Bool] = []

    init(
        loop: any EventLoop, pool: NIOThreadPool, store: SourceStore, logger: Logger, ring: FrameRing,
        spool: SpoolFile?, settings: Settings, memory: SourceCore.Memory, start: SourceCore.Start
    ) {
        self.loop = loop
        self.pool = pool
        self.store = store
        self.logger = logger
        self.ring = ring
        self.settings = settings
        self.spool = Spool(file: spool)
        sealer = Sealer(machine: settings.machine)
        core = SourceCore(
            machine: settings.machine, volumes: settings.volumes, memory: memory, start: start,
            settings: settings.core)
    }

    func start(_ assignment: StreamAssignment) {
        tick = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in self.ticked() }
        use(assignment)
    }

    func use(_ assignment: StreamAssignment) {
        if let own = self.assignment, assignment.epoch < own.epoch || assignment == own { return }
        self.assignment = assignment
        step(
            .assigned(
                SourceCore.Task(
                    epoch: assignment.epoch, links: assignment.second == nil ? 1 : 2, level: assignment.level,
                    isPaused: assignment.isPaused, limits: assignment.limits)))
    }

    // MARK: Steps

    /// Events that come up while effects are performed wait for their turn.
    func step(_ event: SourceCore.Event) {
        events.append(event)
        guard !isStepping, !isEnding else { return }
        isStepping = true
        defer { isStepping = false }
        var effects: [SourceCore.Effect] = []
        repeat {
            while !events.isEmpty {
                let next = events.removeFirst()
                core.step(next, at: BootClock.now, wall: WallClock.now, into: &effects)
                for effect in effects { perform(effect) }
                effects.removeAll(keepingCapacity: true)
            }
            // May find the connection broken, which is an event.
            link?.flush()
        } while !events.isEmpty
        startSpooling()
        waiters.removeAll { $0() }
    }

    private func perform(_ effect: SourceCore.Effect) {
        switch effect {
        case .connect(let place): connect(place)
        case .disconnect: disconnect()
        case .persist: persist { self.step(.persisted) }
        case .greet(_, let hello): link?.send(.hello(hello))
        case .send(_, let last): put(last)
        case .spool(let last): spool.waiting.append(last)
        case .free(let last): free(through: last)
        case .discardFrames: discardFrames()
        case .wake(let moment): wake(at: moment)
        case .report(let report): note(report)
        default: tell(effect)
        }
    }

    /// What concerns the taps.
    private func tell(_ effect: SourceCore.Effect) {
        guard let taps else { return }
        switch effect {
        case .beginGeneration(let generation, let predecessor):
            sealer.begin(generation, after: predecessor)
            acknowledged = Acknowledgement(generation: generation)
            taps.post { $0.begin(generation) }
        case .record(let recording):
            let seen = seenOverflows
            taps.post { $0.record(recording, seen: seen) }
        case .markUnsettled: taps.post { $0.markUnsettled() }
        case .markAll: taps.post { $0.markAll() }
        case .settle(let mark): settle(mark, taps)
        case .copy(let bytes, let comparing): taps.post { $0.copy(bytes: bytes, comparing: comparing) }
        case .endCopy: taps.post { $0.endCopy() }
        case .cut(let text): taps.post { $0.cut(text) }
        case .change(let volume, let change): taps.post { $0.change(volume, change) }
        default: preconditionFailure("\(effect) is nobody's")
        }
    }

    private func wake(at moment: Instant) {
        wake?.cancel()
        let span = max(Span.zero, moment - BootClock.now)
        wake = loop.scheduleTask(in: .nanoseconds(span.nanoseconds)) { self.step(.wake) }
    }

    // MARK: Frames

    /// The tap put frames into the ring.
    func framesCame() {
        for filled in ring.take() {
            guard filled.generation == core.memory.generation, sealer.end.generation == filled.generation else {
                // Of a generation that was given up: all that was ahead of it is given back already.
                ring.release(filled.mark)
                continue
            }
            let (frame, entry) = sealer.seal(filled, in: ring)
            shelf.append(entry)
            step(.frameClosed(frame))
        }
    }

    private func free(through last: UInt64) {
        while let entry = shelf.popFirst(through: last) {
            switch entry.place {
            case .ring(_, let mark): ring.release(mark)
            case .spool(_, let mark): spool.space.release(mark)
            }
        }
    }

    private func discardFrames() {
        free(through: .max)
        spool.discard()
        outgoing.removeAll()
    }

    // MARK: The file

    /// Writes what the core remembers; tries again until it is there.
    func persist(then done: @escaping () -> Void) {
        let done = NIOLoopBound(done, eventLoop: loop)
        saved().whenComplete { result in
            switch result {
            case .success: done.value()
            case .failure(let error):
                self.trouble("what the source must remember cannot be written: \(error)")
                self.loop.scheduleTask(in: .seconds(1)) { if !self.isEnding { self.persist(then: done.value) } }
            }
        }
    }

    /// Disks are flushed, the position is in the file, and only then marks are taken away; one after the other.
    private func settle(_ mark: StreamMark, _ taps: TapHandle) {
        guard !isSettling else { return }
        isSettling = true
        taps.post { set in
            set.flushed {
                self.loop.execute {
                    self.persist {
                        self.isSettling = false
                        taps.post { $0.settle(mark) }
                    }
                }
            }
        }
    }

    func saved() -> EventLoopFuture<Void> {
        store.save(
            SourceMemory(
                session: core.memory.session, generation: core.memory.generation,
                predecessor: core.memory.predecessor, settled: core.memory.settled, clean: clean,
                distrustsMarks: distrustsMarks), on: loop)
    }

    // MARK: Words

    private func ticked() { link?.send(.report(core.report)) }

    /// Logged once, and kept for the status.
    func trouble(_ sentence: String) {
        if sentence != lastTrouble { logger.warning("\(sentence)") }
        lastTrouble = sentence
    }

    private func note(_ report: SourceCore.Report) {
        switch report {
        case .linked(let place, let generation):
            lastTrouble = nil
            logger.info("connected to \(address(place) ?? "?"), generation \(generation.number)")
        case .refused(let place, let refusal):
            trouble("\(address(place) ?? "?") refuses the stream: \(refusal)")
            if refusal == .staleEpoch || refusal == .unknownMachine { wantsAssignment?() }
        case .stateChanged(let state): logger.info("state: \(state)")
        case .foreign(let place, let tail):
            trouble("\(address(place) ?? "?") has generation \(tail.generation.number), which never began here")
        case .diverged(let place, let tail):
            trouble("\(address(place) ?? "?") holds other bytes at \(tail.sequence) than were sent")
        case .freedUnreplicated(let last): trouble("up to record \(last) only one node has the stream")
        case .bookmarkRefused(let text): logger.warning("no bookmark '\(text)': no consistent moment while copying")
        case .cutRefused: logger.warning("no cut: no consistent moment while copying")
        }
    }

    /// The ring was full: decisions made before do not hold any more.
    func noteOverflow(_ count: Int) {
        seenOverflows = count
        logger.warning("the ring is full: changed ranges are noted until the stream has caught up")
        step(.tapOverflowed)
    }

    func stop() {
        tick?.cancel()
        wake?.cancel()
        link?.end("the source stops")
        isEnding = true
        waiters = []
    }

    /// Asks after each step, beginning now, until the answer is true.
    func await(_ isDone: @escaping () -> Bool) {
        if !isDone() { waiters.append(isDone) }
    }

    /// Whether a cut can be made.
    var isConsistent: Bool { core.state == .stream || core.state == .spool }

    /// Everything that was put into the stream is flushed on a node.
    var isDrained: Bool {
        acknowledged.generation == sealer.end.generation && acknowledged.durable == sealer.end.sequence
    }
}

/// The taps, as another loop may use them.
struct TapHandle: @unchecked Sendable {
    // @unchecked: only `progress` is used from elsewhere, the rest on the loop of the taps.
    let set: TapSet

    func post(_ body: @escaping @Sendable (TapSet) -> Void) {
        set.loop.post { body(self.set) }
    }
}
