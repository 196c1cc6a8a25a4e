import BlockIO
import Glibc
import JournalCore
import Linux
import Primitives
import StreamProtocol

/// One machine's journal and base in a folder of its own, on the loop of its host.
///
/// The public functions may be called from any thread; completions and events come on the loop, so they must be quick.
/// What was appended is not durable before `JournalEvent.durable` says so.
///
/// Use: `open`, then `begin` for each new generation of the source, `append` for each frame, `frames` for what another
/// node lacks, `points` and `openPoint` for those who read.
public final class Journal: @unchecked Sendable {
    // @unchecked: everything that changes belongs to the loop.

    public let machine: MachineID
    public let host: JournalHost
    let folder: JournalFolder
    let configuration: JournalConfiguration
    private let listener: @Sendable (JournalEvent) -> Void

    var state: JournalState
    var follower: StreamFollower
    /// From the oldest to the newest; numbers without a gap.
    var sealed: [SealedSegment]
    /// Behind the sealed ones; all but the last are closed.
    var open: [OpenSegment] = []
    /// From the oldest to the newest; together they index `sealed`.
    var runs: [IndexRun]
    var condition = JournalStatus.Condition.running
    var durable: JournalPlace
    var durableTime: UInt64

    /// Frames for which the next segment is not ready.
    var waiting: [Waiting] = []
    var spare: BlockFile?
    var isMakingSpare = false
    var lastFlush = Instant(nanoseconds: 0)
    var flushTimer: LoopTimer?
    var roomTimer: LoopTimer?
    var isMerging = false
    /// Deletions, and releases of bookmarks, under way.
    var removals = 0
    var folding = FoldingState()
    var reader: JournalReader?
    var base: BaseImages
    /// Points that are open: nothing is folded over them.
    var pins: [UInt64: Int] = [:]
    var expansion = FrameExpansion()
    var lastFrames: (segment: UInt32, frames: [FrameEntry])?
    var closing: (@Sendable () -> Void)?
    /// A new base takes the place of everything.
    var isRestarting = false
    var afterIdle: [() -> Void] = []

    struct Waiting {
        let frame: FrameBuffer
        let refused: @Sendable (JournalRefusal) -> Void
    }

    init(
        _ found: FoundJournal, host: JournalHost, folder: JournalFolder, configuration: JournalConfiguration,
        listener: @escaping @Sendable (JournalEvent) -> Void
    ) {
        machine = found.state.machine
        self.host = host
        self.folder = folder
        self.configuration = configuration
        self.listener = listener
        state = found.state
        follower = found.follower
        sealed = found.sealed
        runs = found.runs
        base = found.base
        folding.released = found.released
        folding.kept = found.kept
        durable = found.follower.place
        durableTime = found.tail?.frames.last?.time ?? found.sealed.last?.footer.greatestTime ?? found.state.baseTime
    }

    func tell(_ event: JournalEvent) { listener(event) }

    // MARK: Appending

    /// Lets a new generation of the source begin. Its predecessor must be the durable tail.
    ///
    /// - Parameter completion: nil when it may begin; else why not, with what the journal has.
    public func begin(
        _ generation: Generation, after predecessor: StreamPosition,
        completion: @escaping @Sendable (JournalRefusal?) -> Void
    ) {
        post(or: { completion($0) }) { journal in
            do throws(JournalRefusal) {
                if let refusal = journal.refusalOfCondition { throw refusal }
                guard journal.durable == journal.follower.place, journal.waiting.isEmpty else {
                    throw JournalRefusal(.otherPredecessor(predecessor), has: journal.durable.position)
                }
                try journal.follower.expect(generation, after: predecessor)
                completion(nil)
            } catch { completion(error) }
        }
    }

    /// Takes the frame behind the tail. It is written at once and durable with the next `JournalEvent.durable`.
    ///
    /// - Parameter refused: called instead when it is not taken; then what follows it will be refused as well.
    public func append(_ frame: FrameBuffer, refused: @escaping @Sendable (JournalRefusal) -> Void) {
        post(or: refused) { $0.take(Waiting(frame: frame, refused: refused)) }
    }

    /// Runs work on the loop; when that is over, `or` gets a refusal.
    func post(
        or refused: @escaping @Sendable (JournalRefusal) -> Void, _ work: @escaping @Sendable (Journal) -> Void
    ) {
        if !host.loop.post({ work(self) }) { refused(JournalRefusal(.closed, has: .none)) }
    }

    var refusalOfCondition: JournalRefusal? {
        switch condition {
        case .running: nil
        case .full: JournalRefusal(.full, has: durable.position)
        case .faulted(let cause): JournalRefusal(.faulted(cause), has: durable.position)
        case .closed: JournalRefusal(.closed, has: durable.position)
        }
    }

    /// How it stands.
    public func status(_ completion: @escaping @Sendable (JournalStatus) -> Void) {
        let isPosted = host.loop.post { completion(self.currentStatus) }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }

    /// Stops taking frames, finishes what was begun, and closes the files. Devices on it must be closed before.
    ///
    /// - Parameter completion: nothing of it is used any more.
    public func close(_ completion: @escaping @Sendable () -> Void) {
        let isPosted = host.loop.post {
            precondition(self.pins.isEmpty, "a journal is closed while its points are open")
            self.condition = .closed
            self.refuseWaiting()
            // Who closes it may let it go at once: it outlives what is under way, and the turn that ends it.
            self.closing = {
                completion()
                self.host.loop.post { withExtendedLifetime(self) {} }
            }
            self.finishClosing()
        }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }
}
