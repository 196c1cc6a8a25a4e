import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Where a damaged part can be had whole. Both answer nil when it cannot be had; what they give is judged here.
public struct JournalRepair: Sendable {
    /// For findings: the other node's name.
    public var source: String
    /// The frame that follows a position.
    public var frame: @Sendable (_ after: StreamPosition, _ answer: @escaping @Sendable (FrameBuffer?) -> Void) -> Void
    /// The bytes of a range (units of 512 bytes) as they were at a point.
    public var range:
        @Sendable (
            _ volume: VolumeNumber, _ address: UInt64, _ units: UInt64, _ point: StreamPosition,
            _ answer: @escaping @Sendable ([UInt8]?) -> Void
        ) -> Void

    public init(
        source: String,
        frame: @escaping @Sendable (StreamPosition, @escaping @Sendable (FrameBuffer?) -> Void) -> Void,
        range:
            @escaping @Sendable (
                VolumeNumber, UInt64, UInt64, StreamPosition, @escaping @Sendable ([UInt8]?) -> Void
            ) -> Void
    ) {
        self.source = source
        self.frame = frame
        self.range = range
    }
}

/// How far a verification has come.
public struct JournalVerification: Sendable {
    public var checkedBytes: UInt64 = 0
    public var totalBytes: UInt64 = 0
    public var isRunning = true
    public var findings: [JournalFinding] = []
}

extension Journal {
    /// Reads all sealed segments and the base and judges every byte; what is damaged is repaired where it can be.
    ///
    /// - Parameter progress: called on the loop after each segment and each 64 MiB of the base; the last call says that
    ///   it is not running any more.
    public func verify(
        repairingFrom repair: JournalRepair?, progress: @escaping @Sendable (JournalVerification) -> Void
    ) {
        let isPosted = host.loop.post { Verification(self, repair, progress).begin() }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }
}

/// One verification under way; of the loop. What it hands to its threads keeps it alive.
private final class Verification: @unchecked Sendable {
    // @unchecked: used on the loop only.

    private let journal: Journal
    private let repair: JournalRepair?
    private let progress: @Sendable (JournalVerification) -> Void
    private var state = JournalVerification()
    private var segments: [UInt32] = []
    private var volumes: [JournalVolume] = []
    /// Blocks of the base of one step.
    private static let step: UInt64 = 16_384

    init(
        _ journal: Journal, _ repair: JournalRepair?, _ progress: @escaping @Sendable (JournalVerification) -> Void
    ) {
        self.journal = journal
        self.repair = repair
        self.progress = progress
    }

    func begin() {
        segments = journal.sealed.map(\.number)
        volumes = journal.state.volumes.filter { $0.size > 0 }
        state.totalBytes =
            journal.sealed.reduce(0) { $0 + $1.footer.fileLength }
            + volumes.reduce(0) { $0 + BaseFiles.imageLength($1) }
        nextSegment()
    }

    private func end() {
        state.isRunning = false
        progress(state)
    }

    private func nextSegment() {
        guard journal.condition != .closed else { return end() }
        guard let number = segments.first else { return nextBase(0) }
        segments.removeFirst()
        guard let segment = journal.sealed.first(where: { $0.number == number }) else { return nextSegment() }
        let check = SegmentCheck(segment: segment, volumes: journal.volumes(at: segment.footer.start))
        journal.host.slow.add { [self] in
            let outcome = check.run()
            journal.host.loop.post { self.checked(check, outcome) }
        }
    }

    private func checked(_ check: SegmentCheck, _ outcome: SegmentCheck.Outcome) {
        repairFrames(outcome.frames[...]) { [self] in
            guard let finding = outcome.footer else {
                state.checkedBytes += check.segment.footer.fileLength
                progress(state)
                return nextSegment()
            }
            journal.host.slow.add { [self] in
                let footer = Result { try check.remake() }
                journal.host.loop.post { self.remade(check, finding, footer) }
            }
        }
    }

    private func remade(
        _ check: SegmentCheck, _ finding: JournalFinding, _ footer: Result<SegmentFooter, any Error>
    ) {
        var finding = finding
        if case .success(let footer) = footer {
            finding.repair = "its frames"
            let made = SealedSegment(
                number: check.segment.number, path: check.segment.path, footer: footer, notes: check.segment.notes)
            if let index = journal.sealed.firstIndex(where: { $0.number == made.number }) {
                journal.sealed[index] = made
            }
            if let index = journal.runs.firstIndex(where: { $0.path == made.path }) {
                journal.runs[index] = IndexRun(path: made.path, footer: footer)
            }
        }
        note(finding)
        state.checkedBytes += check.segment.footer.fileLength
        progress(state)
        nextSegment()
    }

    private func note(_ finding: JournalFinding) {
        state.findings.append(finding)
        journal.tell(.finding(finding))
    }

    private func repairFrames(_ damages: ArraySlice<DamagedFrame>, then next: @escaping @Sendable () -> Void) {
        guard let damage = damages.first else { return next() }
        let rest = damages.dropFirst()
        guard let repair else {
            note(damage.finding)
            return repairFrames(rest, then: next)
        }
        repair.frame(damage.before) { [self] frame in
            journal.host.slow.add { [self] in
                var finding = damage.finding
                if let frame, damage.isReplaced(by: frame) {
                    do throws(SystemError) {
                        try SegmentCheck.repair(damage, with: frame)
                        finding.repair = repair.source
                    } catch {
                        finding.repair = nil
                    }
                }
                let outcome = finding
                journal.host.loop.post {
                    self.note(outcome)
                    self.repairFrames(rest, then: next)
                }
            }
        }
    }

    // MARK: Base

    /// - Parameter block: of the first volume that is left.
    private func nextBase(_ block: UInt64) {
        guard journal.condition != .closed, let volume = volumes.first else { return end() }
        let count = BaseFiles.imageLength(volume) / UInt64(BaseFiles.block)
        guard block < count, journal.state.volumes.contains(volume) else {
            volumes.removeFirst()
            return nextBase(0)
        }
        let files = journal.base.files
        let blocks = block..<min(count, block + Self.step)
        let isFolding = journal.folding.isRunning
        journal.host.slow.add { [self] in
            // The thread is that of folding: nothing changes the base meanwhile.
            let damages = Self.damages(volume, files, blocks)
            journal.host.loop.post {
                // One that was being folded when this was asked for is looked at again.
                if isFolding, !damages.isEmpty { return self.nextBase(block) }
                self.repairBase(volume, damages[...]) {
                    self.state.checkedBytes += UInt64(blocks.count * BaseFiles.block)
                    self.progress(self.state)
                    self.nextBase(blocks.upperBound)
                }
            }
        }
    }

    private static func damages(
        _ volume: JournalVolume, _ files: BaseFiles, _ blocks: Range<UInt64>
    ) -> [JournalFinding] {
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        var damages: [JournalFinding] = []
        do throws(JournalFinding) {
            let reading = try BaseReading(volume, files)
            var place = blocks.lowerBound * unitsPerBlock
            while place < blocks.upperBound * unitsPerBlock {
                do throws(JournalFinding) {
                    guard let range = try reading.next(from: place) else { break }
                    place += (range.units + unitsPerBlock - 1) / unitsPerBlock * unitsPerBlock
                } catch {
                    damages.append(error)
                    place = error.address + max(error.units, unitsPerBlock)
                }
            }
        } catch { damages.append(error) }
        return damages
    }

    private func repairBase(
        _ volume: JournalVolume, _ damages: ArraySlice<JournalFinding>, then next: @escaping @Sendable () -> Void
    ) {
        guard let damage = damages.first else { return next() }
        let rest = damages.dropFirst()
        guard let repair, damage.units > 0, damage.units <= BaseReading.limit * 8 else {
            note(damage)
            return repairBase(volume, rest, then: next)
        }
        let files = journal.base.files
        let units = min(damage.units, volume.units - damage.address)
        repair.range(volume.number, damage.address, units, journal.state.base.position) { [self] bytes in
            journal.host.slow.add { [self] in
                var finding = damage
                if let bytes, bytes.count == Int(units) * StreamUnit.bytes,
                    BaseRepair(volume, files).write(bytes, at: damage.address)
                {
                    finding.repair = repair.source
                }
                let outcome = finding
                journal.host.loop.post {
                    self.note(outcome)
                    self.repairBase(volume, rest, then: next)
                }
            }
        }
    }
}

/// Writes blocks of the base that were damaged; only such as have the checksum that is known here.
private struct BaseRepair {
    private let volume: JournalVolume
    private let files: BaseFiles

    init(_ volume: JournalVolume, _ files: BaseFiles) {
        self.volume = volume
        self.files = files
    }

    /// - Returns: whether all of it is right now.
    func write(_ bytes: [UInt8], at address: UInt64) -> Bool {
        let padding = (BaseFiles.block - bytes.count % BaseFiles.block) % BaseFiles.block
        let whole = bytes + [UInt8](repeating: 0, count: padding)
        let offset = address * UInt64(StreamUnit.bytes)
        let path = files.folder.base(files.set, volume.number)
        let sumsPath = files.folder.sums(files.set, volume.number)
        do throws(SystemError) {
            let first = offset / UInt64(BaseFiles.block)
            let count = UInt64(whole.count / BaseFiles.block)
            let sums = try OwnedDescriptor.open(sumsPath, flags: O_RDONLY)
                .readRange(first * 4..<(first + count) * 4, subject: sumsPath)
            let isRight = whole.withUnsafeBytes { all in
                sums.withUnsafeBytes { sums in
                    (0..<Int(count)).allSatisfy { number in
                        let block = UnsafeRawBufferPointer(
                            rebasing: all[number * BaseFiles.block..<(number + 1) * BaseFiles.block])
                        let sum = sums.loadUnaligned(fromByteOffset: number * 4, as: UInt32.self)
                        return sum == BaseFiles.sum(block)
                    }
                }
            }
            guard isRight else { return false }
            let image = try OwnedDescriptor.open(path, flags: O_RDWR)
            try whole.withBytes { bytes throws(SystemError) in try image.write(bytes, at: offset, subject: path) }
            try systemCall("flush", path) { fsync(image.raw) }
            return true
        } catch { return false }
    }
}
