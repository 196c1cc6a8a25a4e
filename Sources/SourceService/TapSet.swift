import BlockIO
import Glibc
import Linux
import Primitives
import ReplicationCore
import StreamProtocol
import Synchronization
import TapCore

/// How the tapped disks stand, for people.
struct TapProgress: Sendable, Equatable {
    /// Ranges are noted, nothing is carried.
    var isMarking = true
    /// Changed or suspect bytes that the stream still has to bring.
    var bytesLeft: UInt64 = 0
    /// Read from the disks for copies and comparisons, and what of it was sent.
    var readBytes: UInt64 = 0
    var sentBytes: UInt64 = 0
    var hasFailedTransfers = false
}

/// What the taps tell the shipper; called on the taps' loop.
protocol TapSink: AnyObject, Sendable {
    /// The ring was full for the `count`th time: what is written from here on is marked.
    func overflowed(_ count: Int)
    func compare(_ range: ComparedRange, connection: Int)
    func copied(bytes: UInt64, remaining: UInt64)
    func copyEnded(at sequence: UInt64)
    func volumeChanged(_ volume: VolumeNumber, _ change: VolumeChange)
    func marksFailed(_ error: SystemError)
    func failed(_ sentence: String)
}

/// All tapped disks of a machine with their writer, copier and comparer; on the taps' loop.
final class TapSet: BlockClient {
    let loop: BlockLoop
    let taps: [TapDevice]
    let writer: StreamWriter
    let copier: RangeCopier
    let comparer: RangeComparer
    private let names: [VolumeNumber: String]
    private let shared = Mutex(TapProgress())
    /// The connection over which comparisons go; 0 without one.
    private var connection = 0
    private var overflows = 0
    private var batch: (bytes: Int, before: UInt64)?
    /// Flushes of all disks that are under way, and the token of the first.
    private var flushes: [(left: Int, isFlushed: Bool, done: (Bool) -> Void)] = []
    private var firstFlush: UInt64 = 0
    private var tick: LoopTimer?
    private var isEnding = false
    var sink: (any TapSink)?
    /// Called while ending, when nothing is under way any more.
    private var quiet: (() -> Void)?

    static let tickSpan = Span.milliseconds(500)
    /// What nobody flushes becomes a point after so long, and a tick at most.
    static let longestEpoch = Span.seconds(1)

    init(loop: BlockLoop, taps: [TapDevice], names: [VolumeNumber: String], writer: StreamWriter) {
        self.loop = loop
        self.taps = taps
        self.names = names
        self.writer = writer
        copier = RangeCopier(taps: taps, writer: writer)
        comparer = RangeComparer(taps: taps)
        copier.ended = { [unowned self] in self.batchEnded() }
        comparer.ended = { [unowned self] in self.compared() }
        comparer.ask = { [unowned self] in self.sink?.compare($0, connection: self.connection) }
        for tap in taps { tap.intents.faulted = { [unowned self] in self.sink?.marksFailed($0) } }
        copier.failed = { [unowned self] in self.readFailed($0, $1, $2) }
        comparer.failed = { [unowned self] in self.readFailed($0, $1, $2) }
        writer.overflowed = { [unowned self] in self.overflowed() }
    }

    /// As of the last half second. From any thread.
    var progress: TapProgress { shared.withLock { $0 } }

    func start() { ticked() }

    // MARK: Recording

    func begin(_ generation: Generation) {
        writer.begin(generation)
        for tap in taps { tap.intents.startGeneration() }
    }

    /// - Parameter seen: overflows of which whoever decides this knew; a decision made before one does not hold.
    func record(_ recording: SourceCore.Recording, seen: Int) {
        switch recording {
        case .marks: writer.suspend()
        case .records(let isConsistent):
            if seen == overflows { writer.resume(isConsistent: isConsistent) }
        }
        publish()
    }

    private func overflowed() {
        overflows += 1
        publish()
        sink?.overflowed(overflows)
    }

    /// The regions of the write-intent log may differ from the replica.
    func markUnsettled() {
        for tap in taps {
            let size = tap.intents.format.regionSize
            tap.intents.log.marked.forEach { region in
                let start = UInt64(region) * size
                tap.suspect.mark(offset: start, length: min(size, tap.geometry.size - start))
            }
        }
        publish()
    }

    /// Everything may.
    func markAll() {
        for tap in taps {
            tap.suspect.mark(offset: 0, length: tap.geometry.size)
            tap.intents.markAll()
        }
        publish()
    }

    /// Takes marks away that stand for what all nodes have.
    func settle(_ position: StreamMark) {
        guard position.generation == writer.generation else { return }
        for tap in taps where tap.suspect.isEmpty {
            tap.intents.sweep(acknowledged: position.sequence, changed: tap.changed)
        }
    }

    // MARK: Copies

    func connected(_ connection: Int) { self.connection = connection }

    func disconnected() {
        connection = 0
        comparer.lost()
    }

    func copy(bytes: Int, comparing: Bool) {
        guard !isEnding else { return }
        batch = (bytes, copier.sentBytes)
        if comparing, connection != 0, taps.contains(where: { !$0.suspect.isEmpty }) {
            return comparer.start(bytes: bytes)
        }
        if !comparing {
            for tap in taps {
                tap.changed.formUnion(tap.suspect)
                tap.suspect = ChangedBlocks(size: tap.geometry.size)
            }
        }
        copier.start(bytes: bytes)
    }

    private func compared() { copier.start(bytes: batch?.bytes ?? 0) }

    private func batchEnded() {
        guard let batch else { return }
        self.batch = nil
        publish()
        if isEnding { return checkQuiet() }
        sink?.copied(bytes: copier.sentBytes - batch.before, remaining: bytesLeft)
    }

    /// What was asked over `connection` is answered.
    func answered(_ tag: Int, different: [UInt16], connection: Int) {
        if connection == self.connection { comparer.answered(tag, different: different) }
    }

    private var bytesLeft: UInt64 { taps.reduce(0) { $0 + $1.changed.bytes + $1.suspect.bytes } }

    /// Flushes all disks; when nothing is marked then, puts a barrier behind everything copied.
    func endCopy() {
        flush { [unowned self] isFlushed in
            if self.isEnding { return }
            guard self.bytesLeft == 0, !self.writer.isOverflowing else {
                self.sink?.copied(bytes: 0, remaining: self.bytesLeft)
                return
            }
            self.writer.resume(isConsistent: true)
            self.putBarrier(isFlushed)
            self.sink?.copyEnded(at: self.writer.lastSequence)
        }
    }

    /// A disk that cannot flush any more has still been read whole: that moment is a cut.
    private func putBarrier(_ isFlushed: Bool) {
        _ = writer.append(isFlushed ? .flush : .cut, volume: taps[0].volume, offset: 0, length: 0, memory: nil)
    }

    /// What was only completed is taken back by a power cut: a mark may go only when the disks were flushed.
    func flushed(_ done: @escaping @Sendable () -> Void) { flush { isFlushed in if isFlushed { done() } } }

    private func flush(_ done: @escaping (Bool) -> Void) {
        flushes.append((taps.count, true, done))
        let token = firstFlush + UInt64(flushes.count) - 1
        for tap in taps {
            tap.below.submit(BlockRequest(.flush, token: token), for: self)
            tap.endTurn()
        }
    }

    func completed(_ token: UInt64, errno code: Int32) {
        let index = Int(token - firstFlush)
        flushes[index].left -= 1
        if code != 0 { flushes[index].isFlushed = false }
        while let first = flushes.first, first.left == 0 {
            flushes.removeFirst()
            firstFlush += 1
            first.done(first.isFlushed)
        }
        // The last flush to end may be anybody's.
        checkQuiet()
    }

    private func readFailed(_ volume: VolumeNumber, _ offset: UInt64, _ code: Int32) {
        let error = SystemError(
            operation: "read for the copy", subject: "volume \(volume.number) at \(offset)", errno: code)
        sink?.failed("\(error)")
    }

    // MARK: Words of people, and volumes

    /// Ends the write epoch over all volumes.
    ///
    /// - Parameter bookmark: nil for a cut.
    func cut(_ bookmark: BookmarkText?) {
        guard let bookmark else {
            _ = writer.append(.cut, volume: VolumeNumber(0), offset: 0, length: 0, memory: nil)
            return
        }
        bookmark.bytes.withUnsafeBytes {
            _ = writer.append(.mark, volume: VolumeNumber(0), offset: 0, length: $0.count, memory: $0.baseAddress)
        }
    }

    /// Who never flushes would never have a point. What was completed in order is a state that a power cut could have
    /// left, so a cut needs no flush of the disks.
    private func cutWhenDue() {
        guard writer.isConsistent, let began = writer.epochBegan, BootClock.now - began >= Self.longestEpoch else {
            return
        }
        cut(nil)
    }

    func change(_ volume: VolumeNumber, _ change: VolumeChange) {
        change.bytes.withUnsafeBytes {
            _ = writer.append(.configuration, volume: volume, offset: 0, length: $0.count, memory: $0.baseAddress)
        }
    }

    private func ticked() {
        publish()
        guard !isEnding else { return }
        for tap in taps { grow(tap) }
        cutWhenDue()
        tick = loop.schedule(at: BootClock.now + Self.tickSpan) { [unowned self] in self.ticked() }
    }

    /// A file that became longer is a larger volume from here on; one that became shorter keeps its size, and what is
    /// behind its end fails.
    private func grow(_ tap: TapDevice) {
        do {
            guard try tap.growToFile() else { return }
            sink?.volumeChanged(
                tap.volume,
                VolumeChange(
                    size: tap.geometry.size, blockSize: UInt32(tap.geometry.blockSize), name: names[tap.volume] ?? ""))
        } catch {
            sink?.failed("volume \(tap.volume.number) does not follow its file: \(error)")
        }
    }

    private func publish() {
        let next = TapProgress(
            isMarking: writer.isOverflowing, bytesLeft: bytesLeft, readBytes: copier.readBytes + comparer.readBytes,
            sentBytes: copier.sentBytes, hasFailedTransfers: taps.contains(where: \.hasFailedTransfers))
        shared.withLock { $0 = next }
    }

    // MARK: The end

    /// Puts a last barrier into the stream and carries nothing more.
    ///
    /// - Parameter quiet: called when nothing is under way any more.
    /// - Precondition: nobody submits requests any more.
    func end(quiet: @escaping () -> Void) {
        isEnding = true
        self.quiet = quiet
        if let tick { loop.cancel(tick) }
        comparer.lost()
        flush { [unowned self] isFlushed in
            if self.isWhole, !self.writer.isOverflowing { self.putBarrier(isFlushed) }
        }
    }

    private func checkQuiet() {
        guard let quiet, flushes.isEmpty, batch == nil else { return }
        guard taps.allSatisfy({ $0.pending == 0 }) else {
            _ = loop.schedule(at: BootClock.now + .milliseconds(1)) { [unowned self] in self.checkQuiet() }
            return
        }
        self.quiet = nil
        writer.suspend()
        publish()
        quiet()
    }

    /// Takes the last marks away and waits until the write-intent logs are as they should be.
    func settleFinally(_ mark: StreamMark, then done: @escaping () -> Void) {
        // The first sweep leaves what was written to lately.
        settle(mark)
        settle(mark)
        awaitIntents(done)
    }

    private func awaitIntents(_ done: @escaping () -> Void) {
        guard taps.contains(where: \.intents.isBusy) else { return done() }
        _ = loop.schedule(at: BootClock.now + .milliseconds(1)) { [unowned self] in self.awaitIntents(done) }
    }

    /// Whether the stream holds everything that was written.
    var isWhole: Bool { bytesLeft == 0 && !taps.contains { $0.hasFailedTransfers } }
}
