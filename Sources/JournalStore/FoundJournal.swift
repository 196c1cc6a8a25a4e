import Glibc
import JournalCore
import Linux
import StreamProtocol

/// What opening a journal found on the disk. Blocks; on no loop.
struct FoundJournal {
    let state: JournalState
    var follower: StreamFollower
    var sealed: [SealedSegment] = []
    /// The segment that goes on to be written.
    var tail: RecoveredSegment?
    var runs: [IndexRun] = []
    var findings: [JournalFinding] = []
    let base: BaseImages
    /// Bookmarks that need not be kept.
    var released = ReleasedBookmarks()
    /// Points behind the base.
    var kept = KeptPoints()

    private let folder: JournalFolder

    /// - Parameter volumes: of a journal that begins now; nil: there must be one.
    /// - Throws: `JournalOpenError`.
    init(
        _ folder: JournalFolder, machine: MachineID, volumes: [JournalVolume]?, segmentSize: Int
    ) throws(JournalOpenError) {
        self.folder = folder
        do {
            let names = try folder.names()
            state = try Self.state(folder, names, machine, volumes)
            follower = StreamFollower(machine: machine, place: state.base, volumes: state.volumes)
            base = BaseImages(BaseFiles(folder: folder, set: state.baseSet))
            try findSegments(names, segmentSize)
            try findRuns(names)
            try judgeBase(names)
            try findReleased()
            try findKept(names)
        } catch let error as JournalOpenError {
            throw error
        } catch { throw JournalOpenError(folder.path, "\(error)") }
        guard follower.place.ordinal >= state.floor.ordinal else {
            throw JournalOpenError(
                folder.path,
                "the base was being folded up to record \(state.floor.position.sequence) of generation "
                    + "\(state.floor.position.generation.number), but the journal ends ahead of it")
        }
    }

    private static func state(
        _ folder: JournalFolder, _ names: [String], _ machine: MachineID, _ volumes: [JournalVolume]?
    ) throws -> JournalState {
        if let bytes = try DurableFile.read(folder.state) {
            let state = try bytes.withBytes { try JournalState(reading: $0) }
            guard state.machine == machine else {
                throw JournalOpenError(folder.path, "it is the journal of machine \(state.machine)")
            }
            return state
        }
        let items = names.map(JournalFolder.item)
        guard let volumes, !items.contains(where: { if case .segment = $0 { true } else { false } }) else {
            throw JournalOpenError(folder.path, volumes == nil ? "there is no journal" : "its file `state` is gone")
        }
        for volume in volumes {
            guard let problem = volume.problem else { continue }
            throw JournalOpenError(folder.path, "volume \(volume.number.number): \(problem)")
        }
        let state = JournalState(machine: machine, volumes: volumes.sorted { $0.number < $1.number })
        for volume in state.volumes { try BaseFiles(folder: folder, set: state.baseSet).prepare(volume) }
        try DurableFile.replace(folder.state, with: state.bytes, mode: 0o600)
        return state
    }

    // MARK: Segments

    private mutating func findSegments(_ names: [String], _ segmentSize: Int) throws {
        var numbers: [UInt32] = []
        for name in names {
            guard case .segment(let number) = JournalFolder.item(name) else { continue }
            if number >= state.firstSegment {
                numbers.append(number)
            } else {
                try JournalFolder.remove(folder.segment(number))
            }
        }
        numbers.sort()
        var isFirst = true
        for (index, number) in numbers.enumerated() {
            let isLast = index == numbers.count - 1
            if !isFirst, number != numbers[index - 1] + 1 {
                try setAside(numbers[index...], "segment \(numbers[index - 1] + 1) is missing")
                return
            }
            if isFirst, try isSpare(number) {
                // A journal whose only segment was made and never used.
                try setAsideSpares(numbers[index...])
                return
            }
            if isFirst { try startBehindBase(number) }
            isFirst = false
            if try takeSealed(number) { continue }
            if try isSpare(number) {
                try setAsideSpares(numbers[index...])
                return
            }
            let found = try RecoveredSegment(
                scanning: folder.segment(number), number: number, follower: &follower)
            let isFollowed = try !isLast && !isSpare(numbers[index + 1])
            if isFollowed, try isContiguous(found, with: numbers[index + 1]) {
                try takeUnsealed(found)
                continue
            }
            if isFollowed { try setAside(numbers[(index + 1)...], found.damage ?? "segment \(number) ends too early") }
            if !isLast, !isFollowed { try setAsideSpares(numbers[(index + 1)...]) }
            try goOn(with: found, segmentSize)
            return
        }
    }

    /// The last segment goes on to be written; on a full disk it is sealed as it is.
    private mutating func goOn(with found: RecoveredSegment, _ segmentSize: Int) throws {
        do throws(SystemError) {
            try found.clearTail(size: segmentSize)
            tail = found
        } catch {
            guard error.errno == ENOSPC || error.errno == EDQUOT else { throw error }
            try takeUnsealed(found)
        }
    }

    /// The first segment may begin ahead of the base: what it has up to there is folded already.
    private mutating func startBehindBase(_ number: UInt32) throws {
        let start = try start(of: number) ?? state.base
        guard start.ordinal <= state.base.ordinal else {
            throw JournalOpenError(
                folder.path,
                "its oldest segment \(number) begins behind the base: "
                    + "\(start.ordinal - state.base.ordinal) records are gone"
            )
        }
        follower = StreamFollower(machine: state.machine, place: start, volumes: state.volumes)
    }

    private func isContiguous(_ found: RecoveredSegment, with next: UInt32) throws(SystemError) -> Bool {
        guard let start = try start(of: next) else { return found.damage == nil }
        return start == found.end
    }

    /// - Returns: nil when the header is not whole: it was written last, or is damaged.
    private func start(of number: UInt32) throws(SystemError) -> JournalPlace? {
        let path = folder.segment(number)
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let bytes = try file.readRange(0..<UInt64(SegmentHeader.length), subject: path)
        do throws(JournalFormatError) {
            return try bytes.withBytes { bytes throws(JournalFormatError) in try SegmentHeader(reading: bytes) }.start
        } catch { return nil }
    }

    /// Whether nothing was written to it yet.
    private func isSpare(_ number: UInt32) throws -> Bool {
        let path = folder.segment(number)
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        guard try file.length(subject: path) >= UInt64(2 * SegmentHeader.length) else { return true }
        return try file.readRange(0..<UInt64(2 * SegmentHeader.length), subject: path).allSatisfy { $0 == 0 }
    }

    private mutating func takeSealed(_ number: UInt32) throws -> Bool {
        let path = folder.segment(number)
        do {
            let (footer, notes) = try SealedSegment.footer(path)
            guard footer.segments == number...number, footer.machine == state.machine,
                footer.start == follower.place
            else { throw JournalFormatError.foreign(.footer, "its machine, number or start is another one") }
            add(SealedSegment(number: number, path: path, footer: footer, notes: notes))
            return true
        } catch is JournalFormatError {
            // Not sealed, or its footer is damaged: its frames say the same.
            return false
        }
    }

    private mutating func takeUnsealed(_ found: RecoveredSegment) throws {
        let seal = SegmentSeal(
            path: found.path, header: found.header, end: found.end, frames: found.frames, notes: found.notes,
            index: found.index)
        add(
            SealedSegment(
                number: found.header.number, path: found.path, footer: try seal.write(), notes: found.notes))
    }

    private mutating func add(_ segment: SealedSegment) {
        var volumes = follower.volumes
        for note in segment.notes where note.kind == .configuration && note.ordinal > state.base.ordinal {
            volumes = StreamFollower.volumes(volumes, after: note)
        }
        follower = StreamFollower(machine: state.machine, place: segment.end, volumes: volumes)
        sealed.append(segment)
    }

    private func setAsideSpares(_ numbers: ArraySlice<UInt32>) throws {
        for number in numbers {
            guard try isSpare(number) else {
                throw JournalOpenError(folder.path, "segment \(number) has frames behind a segment that has none")
            }
            try JournalFolder.remove(folder.segment(number))
        }
    }

    /// Segments that do not follow keep their content under another name; nothing of them counts.
    private mutating func setAside(_ numbers: ArraySlice<UInt32>, _ cause: String) throws {
        for number in numbers {
            let path = folder.segment(number)
            try systemCall("set aside", path) { rename(path, path + ".aside") }
            findings.append(
                JournalFinding(.recovery, file: path, offset: 0, cause: "\(cause); the journal ends ahead of it"))
        }
        try folder.flush()
    }

    /// A list that is damaged releases nothing.
    private mutating func findReleased() throws {
        do {
            guard let bytes = try DurableFile.read(folder.released) else { return }
            released = try bytes.withBytes { try ReleasedBookmarks(reading: $0) }
        } catch let error as JournalFormatError {
            findings.append(JournalFinding(.recovery, file: folder.released, offset: 0, cause: "\(error)"))
        }
    }

    /// A list that is damaged keeps nothing; its blocks stay where they are, for whoever can use them.
    private mutating func findKept(_ names: [String]) throws {
        do {
            if let bytes = try DurableFile.read(folder.kept) {
                let list = try bytes.withBytes { try KeptPoints(reading: $0) }
                guard list.points.allSatisfy({ $0.place.ordinal <= state.base.ordinal }) else {
                    throw JournalFormatError.foreign(.kept, "it has points ahead of the base")
                }
                kept = list
                dropIncomplete(names)
            }
        } catch let error as JournalFormatError {
            findings.append(JournalFinding(.recovery, file: folder.kept, offset: 0, cause: "\(error)"))
            return
        }
        let ordinals = Set(kept.points.map(\.place.ordinal))
        for name in names {
            guard case .kept(let ordinal) = JournalFolder.item(name), !ordinals.contains(ordinal) else { continue }
            try JournalFolder.remove(folder.path + "/" + name)
        }
    }

    /// Points of which a file is gone, and all that are read through them.
    private mutating func dropIncomplete(_ names: [String]) {
        let names = Set(names.map { folder.path + "/" + $0 })
        for index in kept.points.indices.reversed() {
            let point = kept.points[index]
            let paths = point.volumes.filter { $0.size > 0 }.flatMap {
                [folder.keptBlocks(point.place.ordinal, $0.number), folder.keptSums(point.place.ordinal, $0.number)]
            }
            guard let gone = paths.first(where: { !names.contains($0) }) else { continue }
            findings.append(
                JournalFinding(
                    .recovery, file: gone, offset: 0, ordinal: point.place.ordinal,
                    cause: "it is gone; this point and \(index) older ones cannot be opened any more"))
            kept.points.removeFirst(index + 1)
            return
        }
    }

    // MARK: Indexes and base

    private mutating func findRuns(_ names: [String]) throws {
        var merged: [ClosedRange<UInt32>: IndexRun] = [:]
        for name in names {
            guard case .index(let range) = JournalFolder.item(name) else { continue }
            let path = folder.index(range)
            do {
                let (footer, _) = try SealedSegment.footer(path)
                guard footer.segments == range, footer.machine == state.machine,
                    let last = sealed.last(where: { $0.number == range.upperBound }), last.end == footer.end
                else { throw JournalFormatError.foreign(.footer, "its segments are others") }
                merged[range] = IndexRun(path: path, footer: footer)
            } catch is JournalFormatError {
                // It can be made again from the segments' own indexes.
                try JournalFolder.remove(path)
            }
        }
        let chosen = merged.keys.sorted { ($0.count, $1.lowerBound) > ($1.count, $0.lowerBound) }
        var covered: [ClosedRange<UInt32>] = []
        for range in chosen {
            if covered.contains(where: { $0.overlaps(range) }) {
                try JournalFolder.remove(folder.index(range))
            } else {
                covered.append(range)
            }
        }
        for segment in sealed {
            if let range = covered.first(where: { $0.contains(segment.number) }) {
                if runs.last?.segments != range, let run = merged[range] { runs.append(run) }
            } else {
                runs.append(IndexRun(path: segment.path, footer: segment.footer))
            }
        }
    }

    private mutating func judgeBase(_ names: [String]) throws {
        for name in names {
            guard case .base(let set) = JournalFolder.item(name), set != state.baseSet else { continue }
            try JournalFolder.remove(folder.path + "/" + name)
        }
        for volume in state.volumes {
            if let finding = base.files.judge(volume) { findings.append(finding) }
        }
    }
}

/// Why a journal cannot be opened.
public struct JournalOpenError: Error, Hashable, Sendable, CustomStringConvertible {
    public let folder: String
    public let cause: String

    init(_ folder: String, _ cause: String) {
        self.folder = folder
        self.cause = cause
    }

    public var description: String { "cannot open the journal in \(folder): \(cause)" }
}
