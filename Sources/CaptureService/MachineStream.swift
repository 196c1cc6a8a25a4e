import CaptureProtocol
import JournalCore
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import ReplicationCore
import StreamProtocol

/// One protected machine on this node: its journal, who speaks to it, what is passed on. Lives on the event loop.
final class MachineStream {
    /// The journal as this node has it.
    enum Disk {
        /// Neither assigned nor there.
        case none
        case opening
        case open(OpenJournal)
        case failed(String)
        case closed
    }

    /// What there is while the journal is open.
    final class OpenJournal {
        let journal: Journal
        var receiver: ReceiverCore
        var branches: BranchBook

        init(_ journal: Journal, _ receiver: ReceiverCore, _ branches: BranchBook) {
            self.journal = journal
            self.receiver = receiver
            self.branches = branches
        }
    }

    /// What the core is stepped with.
    enum Input {
        case event(ReceiverCore.Event)
        case frame(ReceiverCore.Connection, FrameBuffer)
    }

    let machine: MachineID
    let surroundings: CaptureSurroundings
    let exports: ExportDesk
    var assignment: StreamAssignment?
    var disk = Disk.none
    /// By number, those that said hello.
    var connections: [ReceiverCore.Connection: StreamConnection] = [:]
    var nextConnection: ReceiverCore.Connection = 1
    /// Who speaks at the moment.
    var speaker: Speaker?
    var forward: ForwardLink?
    /// The newest hello of a source that was accepted here, unless another node has had the source since.
    var lastSource: Hello?
    var lastReport: SourceReport?
    /// Received and perhaps not flushed yet; for the other node, so that it is not read from the disk.
    var recent = RecentFrames()
    var clock = StreamClock()
    var alarms = StreamAlarms()
    var bookmarks = BookmarkWaiters()
    /// What was said in the hello of each connection.
    var hellos: [ReceiverCore.Connection: Hello] = [:]
    /// An acknowledgement for a side that does not read.
    var unsaid: (connection: ReceiverCore.Connection, acknowledgement: Acknowledgement)?
    /// What the core is told once everything that the journal has taken is flushed.
    var afterDraining: [ReceiverCore.Condition] = []
    /// A base image that is coming from the other node.
    var copying: CopyReceiver?
    var waitingComparisons: [WaitingComparison] = []
    /// Comparisons under way.
    var comparisons = 0 { didSet { if comparisons == 0 { tellQuiet() } } }
    private var waitingForQuiet: [() -> Void] = []
    /// Bookmarks of the assignment's list that the journal has released.
    var appliedReleases: Set<StreamAssignment.ReleasedBookmark> = []
    /// Of the verification that was asked for last.
    var verification: VerificationProgress?
    var pace = VerificationPace(nil)
    /// Asks for what it finds damaged.
    var repairs: RepairLink?
    /// What was measured of the way from the source.
    var link = LinkCodec()

    private var inputs: [Input] = []
    private var isStepping = false
    private var wake: Scheduled<Void>?

    /// A frame that is being stepped, and what the core had ahead of it.
    struct Arrival {
        let frame: FrameBuffer
        let start: StreamPosition
    }

    /// The connection whose hello was accepted.
    struct Speaker {
        let connection: ReceiverCore.Connection
        let purpose: Hello.Purpose
        let generation: Generation
    }

    var loop: any EventLoop { surroundings.loop }
    var logger: Logger { surroundings.logger }

    init(_ machine: MachineID, _ surroundings: CaptureSurroundings, _ exports: ExportDesk) {
        self.machine = machine
        self.surroundings = surroundings
        self.exports = exports
    }

    var open: OpenJournal? { if case .open(let open) = disk { open } else { nil } }

    /// For completions that come from other threads: runs the body on the event loop.
    func returning<Value: Sendable>(_ body: @escaping (Value) -> Void) -> @Sendable (Value) -> Void {
        let bound = NIOLoopBound(body, eventLoop: loop)
        let loop = loop
        return { value in loop.execute { bound.value(value) } }
    }

    func returning(_ body: @escaping () -> Void) -> @Sendable () -> Void {
        let bound = NIOLoopBound(body, eventLoop: loop)
        let loop = loop
        return { loop.execute { bound.value() } }
    }

    // MARK: Assignment

    func assign(_ next: StreamAssignment?) {
        let before = assignment
        assignment = next
        guard next != before else { return }
        switch disk {
        case .none where next != nil, .failed where next != nil: openJournal()
        case .open(let open):
            if let next { open.journal.setRetention(JournalRetention(next.retention)) }
            applyReleases()
            judgeAssignment()
        case .none, .failed, .opening, .closed: break
        }
    }

    /// Tells the cores of the assignment that holds. Without one nothing is taken and nothing passed on.
    func judgeAssignment() {
        guard open != nil else { return }
        if let assignment {
            step(.event(.assigned(epoch: assignment.epoch, isPaused: assignment.isPaused)))
        } else {
            for connection in connections.values { connection.end("the machine is no longer assigned to this node") }
        }
        judgeForwarding()
    }

    // MARK: The mailbox

    /// Everything that concerns the receiving core, in order; nothing re-enters.
    func step(_ input: Input) {
        inputs.append(input)
        guard !isStepping else { return }
        isStepping = true
        var next = 0
        while next < inputs.count {
            stepNow(inputs[next])
            next += 1
        }
        inputs.removeAll(keepingCapacity: true)
        isStepping = false
    }

    private func stepNow(_ input: Input) {
        guard let open else { return }
        var effects: [ReceiverCore.Effect] = []
        var arrival: Arrival?
        switch input {
        case .event(let event): open.receiver.step(event, at: BootClock.now, into: &effects)
        case .frame(let connection, let frame):
            let start = open.receiver.received
            arrival = Arrival(frame: frame, start: start)
            let digest = start.digest.following(frame.frame)
            open.receiver.step(
                .frame(connection, frame.header, digest: digest), at: BootClock.now, into: &effects)
        }
        for effect in effects { perform(effect, arrival) }
    }

    /// Steps the core at a moment; replaces an earlier one.
    func wake(at moment: Instant) {
        wake?.cancel()
        let span = max(Span.zero, moment - BootClock.now)
        wake = loop.assumeIsolated().scheduleTask(in: .nanoseconds(span.nanoseconds)) { [weak self] in
            self?.step(.event(.wake))
        }
    }

    /// What is done once a second, so that neither side takes the other for dead.
    func secondPassed(at now: Instant) {
        bookmarks.expire(at: now)
        guard let open, let speaker, let connection = connections[speaker.connection], connection.isWritable else {
            return
        }
        connection.send(.acknowledgement(open.receiver.acknowledgement))
    }

    /// Ends connections and closes the journal.
    func stop() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        wake?.cancel()
        bookmarks.fail(CaptureRefusal(.busy, "the capture daemon ends"))
        endForwarding()
        repairs?.stop()
        for connection in connections.values { connection.end("the capture daemon ends") }
        guard let open else {
            disk = .closed
            promise.succeed()
            return promise.futureResult
        }
        disk = .closed
        let close = returning { promise.succeed() }
        exports.suspend(machine).assumeIsolated().whenComplete { _ in
            self.whenQuiet { open.journal.close(close) }
        }
        return promise.futureResult
    }

    /// As soon as nothing reads this machine's newest state.
    func whenQuiet(_ body: @escaping () -> Void) {
        if comparisons == 0 { body() } else { waitingForQuiet.append(body) }
    }

    private func tellQuiet() {
        let bodies = waitingForQuiet
        waitingForQuiet = []
        for body in bodies { body() }
    }
}
