import BlockIO
import Glibc
import JournalCore
import Linux
import Primitives
import StreamProtocol
import Synchronization

/// How far a verification has come.
public struct JournalVerification: Sendable {
    public var checkedBytes: UInt64 = 0
    public var totalBytes: UInt64 = 0
    public var isRunning = true
    public var findings: [JournalFinding] = []
}

/// How fast a verification reads.
public final class VerificationPace: Sendable {
    private let value: Mutex<UInt64?>

    /// - Parameter rate: bytes a second at most; nil: as fast as the disk reads.
    public init(_ rate: UInt64?) { value = Mutex(rate) }

    public var rate: UInt64? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

extension Journal {
    /// Reads all that is flushed, frames, indexes and base, and judges every byte; what is damaged is repaired where it
    /// can be.
    ///
    /// - Parameters:
    ///   - pace: how fast; it may be changed on the way.
    ///   - progress: called on the loop after each step of up to 64 MiB; the last call says that it is not running any
    ///     more.
    public func verify(
        repairingFrom repair: JournalRepair?, pace: VerificationPace = VerificationPace(nil),
        progress: @escaping @Sendable (JournalVerification) -> Void
    ) {
        let isPosted = host.loop.post { Verification(self, repair, pace, progress).begin() }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }
}

/// One verification under way; of the loop. What it hands to its threads keeps it alive.
private final class Verification: @unchecked Sendable {
    // @unchecked: used on the loop only.

    private let journal: Journal
    private let repair: JournalRepair?
    private let pace: VerificationPace
    private let progress: @Sendable (JournalVerification) -> Void
    private var state = JournalVerification()
    private var segments: [UInt32] = []
    private var volumes: [JournalVolume] = []
    private var stepStart = BootClock.now
    /// Bytes of one step, for one that has the disk to itself and for one that must not be felt.
    private static let (step, gentleStep): (UInt64, UInt64) = (64 << 20, 4 << 20)

    private var step: UInt64 { pace.rate == nil ? Self.step : Self.gentleStep }

    init(
        _ journal: Journal, _ repair: JournalRepair?, _ pace: VerificationPace,
        _ progress: @escaping @Sendable (JournalVerification) -> Void
    ) {
        self.journal = journal
        self.repair = repair
        self.pace = pace
        self.progress = progress
    }

    func begin() {
        segments = journal.sealed.map(\.number) + journal.open.map(\.header.number)
        volumes = journal.state.volumes.filter { $0.size > 0 }
        state.totalBytes =
            journal.sealed.reduce(0) { $0 + $1.footer.fileLength } + journal.open.reduce(0) { $0 + $1.checkedLength }
            + volumes.reduce(0) { $0 + BaseFiles.imageLength($1) }
        nextSegment()
    }

    private func end() {
        judgeRuns { [self] in
            // What was folded away meanwhile needs no checking; a journal that was closed is not whole.
            if journal.condition != .closed { state.checkedBytes = state.totalBytes }
            state.isRunning = false
            progress(state)
            // A damage may have kept the base from moving on.
            if state.findings.contains(where: { $0.repair != nil }) { journal.fold() }
        }
    }

    private func note(_ finding: JournalFinding) {
        state.findings.append(finding)
        journal.tell(.finding(finding))
    }

    /// Goes on after a step, as the rate says.
    private func stepped(_ bytes: UInt64, then next: @escaping @Sendable () -> Void) {
        state.checkedBytes += bytes
        progress(state)
        guard let rate = pace.rate, journal.condition != .closed else { return next() }
        let moment = stepStart + Span(nanoseconds: Int64(clamping: bytes * 1_000_000_000 / max(1, rate)))
        guard moment > BootClock.now else {
            stepStart = BootClock.now
            return next()
        }
        _ = journal.host.loop.schedule(at: moment) { [self] in
            stepStart = BootClock.now
            next()
        }
    }

    // MARK: Segments

    private func nextSegment() {
        guard journal.condition != .closed else { return end() }
        guard let number = segments.first else { return nextBase(0) }
        segments.removeFirst()
        if let open = journal.open.first(where: { $0.header.number == number }) {
            let frames = open.frames.filter { $0.lastOrdinal <= open.flushed.ordinal }
            return judge(frames[...], of: open.file.path, after: open.header.start.position) { self.nextSegment() }
        }
        guard let segment = journal.sealed.first(where: { $0.number == number }) else { return nextSegment() }
        let check = SegmentCheck(segment: segment, volumes: journal.volumes(at: segment.footer.start))
        journal.host.slow.add { [self] in
            let outcome = check.run()
            journal.host.loop.post { self.checked(check, outcome) }
        }
    }

    private func checked(_ check: SegmentCheck, _ outcome: SegmentCheck.Outcome) {
        let segment = check.segment
        judge(outcome.frames[...], of: segment.path, after: segment.footer.start.position) { [self] in
            guard let finding = outcome.footer else { return nextSegment() }
            remake(check, finding, after: nil)
        }
    }

    // MARK: Footers

    /// - Parameter before: where the frames stopped before, and one was written since.
    private func remake(_ check: SegmentCheck, _ finding: JournalFinding, after before: StreamPosition?) {
        journal.host.slow.add { [self] in
            let outcome = Result { try check.remake() }
            journal.host.loop.post {
                switch outcome {
                case .success(.whole(let footer)): self.remade(check, finding, footer)
                case .success(.stopped(let position, let offset, let cause)) where position != before:
                    self.fillGap(check, finding, position, offset, cause)
                case .success(.stopped): self.giveUp(finding, "its frames are others than were acknowledged")
                case .failure(let error): self.giveUp(finding, "\(error)")
                }
            }
        }
    }

    private func remade(_ check: SegmentCheck, _ finding: JournalFinding, _ footer: SegmentFooter) {
        let made = SealedSegment(
            number: check.segment.number, path: check.segment.path, footer: footer, notes: check.segment.notes)
        if let index = journal.sealed.firstIndex(where: { $0.number == made.number }) { journal.sealed[index] = made }
        if let index = journal.runs.firstIndex(where: { $0.path == made.path }) {
            journal.runs[index] = IndexRun(path: made.path, footer: footer)
        }
        var finding = finding
        finding.repair = "its frames"
        note(finding)
        nextSegment()
    }

    private func giveUp(_ finding: JournalFinding, _ cause: String) {
        var finding = finding
        finding.failure = cause
        note(finding)
        nextSegment()
    }

    /// A frame is damaged too, of which no table says what it must be: what follows it says so.
    private func fillGap(
        _ check: SegmentCheck, _ finding: JournalFinding, _ before: StreamPosition, _ offset: Int, _ cause: String
    ) {
        let damage = JournalFinding(.frame, file: check.segment.path, offset: UInt64(offset), cause: cause)
        guard let repair else {
            note(damage)
            return giveUp(finding, "its frames are not whole")
        }
        repair.frame(before) { [self] answer in
            journal.host.slow.add { [self] in
                let outcome = damage.repaired(by: answer, from: repair.source) { try check.write($0, at: offset) }
                journal.host.loop.post {
                    self.note(outcome)
                    guard outcome.repair != nil else { return self.giveUp(finding, "its frames are not whole") }
                    self.remake(check, finding, after: before)
                }
            }
        }
    }

    // MARK: Frames

    /// Judges frames step by step.
    private func judge(
        _ entries: ArraySlice<FrameEntry>, of path: String, after start: StreamPosition,
        then next: @escaping @Sendable () -> Void
    ) {
        guard journal.condition != .closed, !entries.isEmpty else { return next() }
        var bytes: UInt64 = 0
        let count = entries.firstIndex { entry in
            bytes += UInt64(entry.range.count)
            return bytes >= step
        }
        let part = entries[...(count ?? entries.endIndex - 1)]
        let length = bytes
        journal.host.slow.add { [self] in
            let outcome = Result { try FrameCheck(path: path, start: start, entries: part).run() }
            journal.host.loop.post {
                self.judged(outcome, path) {
                    self.stepped(length) {
                        self.judge(
                            entries[part.endIndex...], of: path, after: part.last?.place.position ?? start, then: next)
                    }
                }
            }
        }
    }

    private func judged(
        _ outcome: Result<[DamagedFrame], any Error>, _ path: String, then next: @escaping @Sendable () -> Void
    ) {
        switch outcome {
        case .success(let damages): return repairFrames(damages[...], then: next)
        // Folded and deleted meanwhile.
        case .failure(let error as SystemError) where error.errno == ENOENT: break
        case .failure(let error): note(JournalFinding(.frame, file: path, offset: 0, cause: "\(error)"))
        }
        next()
    }

    private func repairFrames(_ damages: ArraySlice<DamagedFrame>, then next: @escaping @Sendable () -> Void) {
        guard let damage = damages.first else { return next() }
        let rest = damages.dropFirst()
        guard let repair else {
            note(damage.finding)
            return repairFrames(rest, then: next)
        }
        repair.frame(damage.before) { [self] answer in
            journal.host.slow.add { [self] in
                let finding = damage.finding.repaired(by: answer, from: repair.source) { frame in
                    guard damage.isReplaced(by: frame) else { throw RepairFailure.different }
                    try damage.repair(with: frame)
                }
                journal.host.loop.post {
                    self.note(finding)
                    self.repairFrames(rest, then: next)
                }
            }
        }
    }

    // MARK: Merged indexes

    /// An index over several segments that is damaged is given up: the segments have indexes of their own.
    private func judgeRuns(then next: @escaping @Sendable () -> Void) {
        guard journal.condition != .closed else { return next() }
        let parts = journal.runs.filter { $0.segments.count > 1 }.map { IndexPart(path: $0.path, footer: $0.footer) }
        journal.host.slow.add { [self] in
            var damaged: [(path: String, cause: String)] = []
            for part in parts {
                do { try SegmentCheck.judge(part.path, part.footer) } catch let error as SystemError
                    where error.errno == ENOENT
                { continue } catch { damaged.append((part.path, "\(error)")) }
            }
            let found = damaged
            journal.host.loop.post {
                for (path, cause) in found { self.giveUpRun(path, cause) }
                next()
            }
        }
    }

    private func giveUpRun(_ path: String, _ cause: String) {
        guard let index = journal.runs.firstIndex(where: { $0.path == path }), !journal.isMerging,
            !journal.folding.isRunning
        else { return }
        let run = journal.runs[index]
        let own = journal.sealed.filter { run.segments.contains($0.number) }
        var finding = JournalFinding(.index, file: path, offset: 0, ordinal: run.footer.end.ordinal, cause: cause)
        finding.repair = "the indexes of its segments"
        journal.runs.replaceSubrange(index...index, with: own.map { IndexRun(path: $0.path, footer: $0.footer) })
        journal.removeIndex(path)
        note(finding)
        journal.mergeRuns()
    }

    // MARK: Kept points

    /// Nobody else has what is kept here: what is damaged is told.
    ///
    /// - Parameter ordinal: of the points that were judged, the youngest.
    private func nextKept(_ ordinal: UInt64) {
        guard journal.condition != .closed,
            let point = journal.folding.kept.points.first(where: { $0.place.ordinal > ordinal })
        else { return end() }
        // Nothing is given up meanwhile.
        journal.folding.keptReaders += 1
        let folder = journal.folder
        let isYoungest = journal.folding.kept.points.last == point
        journal.host.slow.add { [self] in
            let findings = KeptBlocks.damages(of: point, folder, isYoungest: isYoungest)
            journal.host.loop.post {
                self.journal.folding.keptReaders -= 1
                for finding in findings { self.note(finding) }
                self.nextKept(point.place.ordinal)
            }
        }
    }

    // MARK: Base

    /// - Parameter block: of the first volume that is left.
    private func nextBase(_ block: UInt64) {
        guard journal.condition != .closed, let volume = volumes.first else { return nextKept(0) }
        let count = BaseFiles.imageLength(volume) / UInt64(BaseFiles.block)
        guard block < count, journal.state.volumes.contains(volume) else {
            volumes.removeFirst()
            return nextBase(0)
        }
        let base = BaseRepair(volume: volume, files: journal.base.files)
        let blocks = block..<min(count, block + step / UInt64(BaseFiles.block))
        let isFolding = journal.folding.isRunning
        let growsImage = repair != nil
        journal.host.slow.add { [self] in
            let damages = base.damages(in: blocks, growsImage: growsImage)
            journal.host.loop.post {
                // One that was being folded when this was asked for is looked at again.
                if isFolding, !damages.isEmpty { return self.nextBase(block) }
                self.repairBase(base, damages[...]) {
                    self.stepped(UInt64(blocks.count * BaseFiles.block)) { self.nextBase(blocks.upperBound) }
                }
            }
        }
    }

    private func repairBase(
        _ base: BaseRepair, _ damages: ArraySlice<JournalFinding>, then next: @escaping @Sendable () -> Void
    ) {
        guard let damage = damages.first else { return next() }
        let rest = damages.dropFirst()
        guard let repair, damage.units > 0, damage.units <= UInt64(FetchRequest.mostUnits) else {
            note(damage)
            return repairBase(base, rest, then: next)
        }
        let units = min(damage.units, base.volume.units - damage.address)
        repair.range(base.volume.number, damage.address, UInt32(units), journal.state.base.position) { [self] answer in
            journal.host.slow.add { [self] in
                let outcome = Self.repaired(base, damage, units, answer)
                journal.host.loop.post {
                    if case .failure = outcome, let halves = damage.halves {
                        return self.repairBase(base, ArraySlice(halves) + rest, then: next)
                    }
                    var finding = damage
                    switch outcome {
                    case .success: finding.repair = repair.source
                    case .failure(let failure): finding.failure = failure.description(of: repair.source)
                    }
                    self.note(finding)
                    self.repairBase(base, rest, then: next)
                }
            }
        }
    }

    private static func repaired(
        _ base: BaseRepair, _ damage: JournalFinding, _ units: UInt64, _ answer: Result<[UInt8], RepairFailure>
    ) -> Result<Void, RepairFailure> {
        do throws(RepairFailure) {
            let bytes = try answer.get()
            guard bytes.count == Int(units) * StreamUnit.bytes else { throw .different }
            try base.write(bytes, at: damage.address)
            return .success(())
        } catch { return .failure(error) }
    }
}

extension JournalFinding {
    /// What became of a damaged frame.
    ///
    /// - Parameter write: puts a whole copy in its place.
    fileprivate func repaired(
        by answer: Result<FrameBuffer, RepairFailure>, from source: String, _ write: (FrameBuffer) throws -> Void
    ) -> JournalFinding {
        var finding = self
        do {
            let frame = try answer.get()
            try write(frame)
            finding.name(frame.frame)
            finding.repair = source
        } catch let failure as RepairFailure {
            finding.failure = failure.description(of: source)
        } catch { finding.failure = "\(error)" }
        return finding
    }

    /// Of several blocks of the base: one half of them each, so that one that cannot be had does not keep the others.
    fileprivate var halves: [JournalFinding]? {
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        guard units > unitsPerBlock else { return nil }
        let first = (units / unitsPerBlock + 1) / 2 * unitsPerBlock
        return [(0, first), (first, units - first)].map { skip, count in
            JournalFinding(
                place, file: file, offset: offset + skip * UInt64(StreamUnit.bytes), volume: volume,
                address: address + skip, units: count, ordinal: ordinal, cause: cause)
        }
    }
}

extension OpenSegment {
    /// Bytes that are flushed, for a verification.
    fileprivate var checkedLength: UInt64 {
        UInt64(frames.last { $0.lastOrdinal <= flushed.ordinal }?.range.upperBound ?? 0)
    }
}
