import CaptureProtocol
import Primitives
import StreamProtocol

/// The source's side of a stream: what is kept, sent, spooled, only marked and freed, and to which node it goes.
///
/// 1. Records that are in frames are never dropped within a generation. What does not fit is marked *instead* of being
///    recorded, so the stream stays without gaps and the receiver gets every frame from before.
/// 2. Marked ranges come later as records among live ones, in frames that say "not consistent".
/// 3. One whole resync comes before the next judgement: while it lasts, a full ring turns to marks and back, never to
///    another state.
/// 4. A generation, and each session, is in a file before a node hears of it.
/// 5. The write-intent log loses a range only when all nodes have it: from `settled` on it covers every difference.
///
/// All input is `Event`s, all output `Effect`s, to be performed in their order.
public struct SourceCore: Sendable {
    /// Only the simulator plants `.skipped`, to prove that it notices.
    package enum HashFilter: Sendable { case afterCrash, skipped }

    public enum State: Hashable, Sendable {
        /// Frames in memory suffice.
        case stream
        /// Frames go through the spool too.
        case spool
        /// Ranges are marked, nothing is recorded.
        case bitmap
        /// Marked ranges are on their way.
        case resync
    }

    enum Phase: Hashable, Sendable {
        case away
        case connecting(Link)
        /// The memory is being written; then the hello goes out.
        case persisting(Link)
        case greeting(Link)
        case linked(Link)
        /// Somebody must decide.
        case halted
    }

    public let machine: MachineID
    let settings: Settings
    package var hashFilter = HashFilter.afterCrash

    let start: Start
    public internal(set) var state: State
    public internal(set) var memory: Memory
    var phase = Phase.away
    var task: Task?
    var volumes: [Hello.Volume]
    var queue: FrameQueue
    var recording: Recording
    var calendar = RateCalendar()
    var credits: UInt64 = 0
    /// Whether a generation was begun since the start. Without one nothing can be recorded.
    var hasGeneration = false
    /// Whether the start's own generation was asked for.
    var hasBegun = false
    /// The memory being written begins a generation: what the start, or another node's tail, asked for.
    var isBeginning = false
    var unwritten = 0
    /// Of this generation, at the node of the moment.
    var durableThrough: UInt64 = 0
    /// Changes of volumes that came while nothing was recorded.
    var changes: [(VolumeNumber, VolumeChange)] = []
    /// Marks come from the write-intent log, which is coarse: only what differs is sent.
    var isComparing = false
    var isCopyUnderWay = false
    /// The barrier behind the last copy: nothing is settled before it is.
    var copyEnd: UInt64 = 0
    var failures = 0
    var retryAt = Instant.distantFuture
    var sendAt = Instant.distantFuture
    /// The last record that all nodes have, as the node of the moment said.
    var safeEverywhere = StreamMark(.none)
    /// Nothing is settled before this moment; and when it is done next, if there is something.
    var nextSettle = Instant(nanoseconds: 0)
    var settleAt = Instant.distantFuture
    public internal(set) var copiedBytes: UInt64 = 0
    public internal(set) var remainingBytes: UInt64 = 0

    public init(
        machine: MachineID, volumes: [Hello.Volume], memory: Memory, start: Start, settings: Settings = Settings()
    ) {
        self.machine = machine
        self.volumes = volumes
        self.memory = memory
        self.settings = settings
        queue = FrameQueue(after: .none)
        recording = .marks
        state = .bitmap
        self.start = start
        isComparing = start == .crashed
    }

    /// What the receiver shall know: bytes and time of what is not safe yet.
    public var report: SourceReport {
        SourceReport(
            bytesBehind: UInt64(queue.bytes) + remainingBytes, oldestUnsafe: queue.oldest?.wallClock ?? 0,
            copiedBytes: copiedBytes, bytesToCopy: copiedBytes + remainingBytes)
    }

    /// - Parameter wall: nanoseconds since 1970, for the calendar of limits.
    public mutating func step(_ event: Event, at now: Instant, wall: UInt64, into effects: inout [Effect]) {
        switch event {
        case .assigned(let task): assigned(task, at: now, into: &effects)
        case .connected(let link): connected(link, into: &effects)
        case .disconnected(let link): disconnected(link, at: now, into: &effects)
        case .answered(let link, let answer): answered(link, answer, at: now, into: &effects)
        case .persisted: persisted(into: &effects)
        case .acknowledged(let link, let acknowledgement): acknowledged(link, acknowledgement, into: &effects)
        case .frameClosed(let frame): frameClosed(frame, into: &effects)
        case .spooled(let sequence): if queue.spooled(sequence) { judge(into: &effects) }
        case .spoolFailed: spoolFailed(at: now, into: &effects)
        case .copied(let bytes, let remaining): copied(bytes, remaining: remaining, into: &effects)
        case .copyEnded(let sequence): copyEnded(at: sequence, into: &effects)
        case .bookmarkRequested(let text): cut(text, into: &effects)
        case .cutRequested: cut(nil, into: &effects)
        case .volumeChanged(let volume, let change, let isNew):
            volumeChanged(volume, change, isNew: isNew, into: &effects)
        case .tapOverflowed: tapOverflowed(into: &effects)
        case .wake: wake(at: now, into: &effects)
        }
        settle(at: now, into: &effects)
        pump(at: now, wall: wall, into: &effects)
        let next = min(retryAt, sendAt, settleAt)
        if next < .distantFuture { effects.append(.wake(at: next)) }
    }

    private mutating func wake(at now: Instant, into effects: inout [Effect]) {
        if now >= retryAt {
            retryAt = .distantFuture
            if case .away = phase { connect(0, into: &effects) }
        }
        if now >= sendAt { sendAt = .distantFuture }
    }

    // MARK: What people ask for

    private func cut(_ text: BookmarkText?, into effects: inout [Effect]) {
        guard recording == .records(isConsistent: true) else {
            effects.append(.report(text.map { .bookmarkRefused($0.text) } ?? .cutRefused))
            return
        }
        effects.append(.cut(text))
    }

    private mutating func volumeChanged(
        _ volume: VolumeNumber, _ change: VolumeChange, isNew: Bool, into effects: inout [Effect]
    ) {
        let entry = Hello.Volume(number: volume, size: change.size, blockSize: change.blockSize)
        if let index = volumes.firstIndex(where: { $0.number == volume }) {
            volumes[index] = entry
        } else {
            volumes.append(entry)
        }
        if recording == .marks {
            changes.append((volume, change))
        } else {
            effects.append(.change(volume, change))
        }
        guard isNew else { return }
        remainingBytes += change.size
        if state != .resync { turn(to: .bitmap, into: &effects) }
        beginCopyIfPossible(into: &effects)
    }

    mutating func turn(to next: State, into effects: inout [Effect]) {
        guard state != next else { return }
        state = next
        if next == .bitmap { record(.marks, into: &effects) }
        effects.append(.report(.stateChanged(next)))
    }

    mutating func record(_ next: Recording, into effects: inout [Effect]) {
        guard recording != next else { return }
        recording = next
        effects.append(.record(next))
        guard next != .marks else { return }
        for (volume, change) in changes { effects.append(.change(volume, change)) }
        changes = []
    }
}
