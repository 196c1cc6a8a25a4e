import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// A new base that comes from another node. Nothing of the journal changes until `finish`; a builder that was given up
/// leaves files that the next opening removes.
public final class BaseBuilder: @unchecked Sendable {
    // @unchecked: used by one thread at a time.

    private let journal: Journal
    private let files: BaseFiles
    private let volumes: [JournalVolume]
    private var targets: [VolumeNumber: Target] = [:]

    fileprivate final class Target {
        let volume: JournalVolume
        let image: OwnedDescriptor
        let sums: OwnedDescriptor
        let path: String

        init(_ volume: JournalVolume, _ files: BaseFiles) throws(SystemError) {
            try files.prepare(volume)
            self.volume = volume
            path = files.folder.base(files.set, volume.number)
            image = try OwnedDescriptor.open(path, flags: O_RDWR)
            sums = try OwnedDescriptor.open(files.folder.sums(files.set, volume.number), flags: O_RDWR)
        }
    }

    /// Blocks; not on a loop.
    ///
    /// - Parameter volumes: as they were at the position of the copy.
    /// - Throws: `SystemError`.
    init(_ journal: Journal, set: UInt32, volumes: [JournalVolume]) throws(SystemError) {
        self.journal = journal
        self.volumes = volumes.sorted { $0.number < $1.number }
        files = BaseFiles(folder: journal.folder, set: set)
        for volume in volumes {
            for path in [files.folder.base(set, volume.number), files.folder.sums(set, volume.number)] {
                try JournalFolder.remove(path)
            }
            targets[volume.number] = try Target(volume, files)
        }
    }

    /// Puts a range into its place; zeros need not come. Blocks.
    ///
    /// - Throws: `SystemError`; EINVAL for a range outside of its volume or not on its blocks.
    public func write(_ range: BaseRange) throws(SystemError) {
        guard let target = targets[range.volume] else {
            throw SystemError(
                operation: "write volume \(range.volume.number) of", subject: files.folder.path, errno: EINVAL)
        }
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        let end = range.address &+ range.units
        guard range.address % unitsPerBlock == 0, end <= target.volume.units, end >= range.address,
            end % unitsPerBlock == 0 || end == target.volume.units,
            range.bytes.isEmpty || range.bytes.count == Int(range.units) * StreamUnit.bytes
        else {
            throw SystemError(
                operation: "write \(range.units) units at \(range.address) of", subject: target.path, errno: EINVAL)
        }
        guard !range.bytes.isEmpty else { return }
        try target.write(range)
    }

    /// Makes the copy the base, as of a position, and lets the journal begin anew behind it: its own records before are
    /// deleted. Either all of that happens or nothing.
    ///
    /// - Parameter completion: nil when it is done. Devices on the journal must be closed before.
    public func finish(
        _ start: BaseCopyStart, completion: @escaping @Sendable (SystemError?) -> Void
    ) {
        let journal = journal
        journal.host.slow.add {
            do throws(SystemError) {
                for target in self.targets.values.sorted(by: { $0.volume.number < $1.volume.number }) {
                    try systemCall("flush", target.path) { fsync(target.image.raw) }
                    try systemCall("flush", target.path) { fsync(target.sums.raw) }
                }
                try self.files.folder.flush()
            } catch {
                let failure = error
                journal.host.loop.post { completion(failure) }
                return
            }
            journal.host.loop.post {
                journal.begin(self.files, start, volumes: self.volumes, completion)
            }
        }
    }
}

extension BaseBuilder.Target {
    fileprivate func write(_ range: BaseRange) throws(SystemError) {
        let offset = range.address * UInt64(StreamUnit.bytes)
        var bytes = range.bytes
        let padding = (BaseFiles.block - bytes.count % BaseFiles.block) % BaseFiles.block
        bytes.append(contentsOf: repeatElement(0, count: padding))
        var own: [UInt32] = []
        try bytes.withBytes { all throws(SystemError) in
            var start = 0
            while start < all.count {
                let block = UnsafeRawBufferPointer(rebasing: all[start..<start + BaseFiles.block])
                if BaseWriter.isZero(block) {
                    own.append(0)
                } else {
                    own.append(BaseFiles.sum(block))
                    try image.write(block, at: offset + UInt64(start), subject: path)
                }
                start += BaseFiles.block
            }
        }
        let raw = own.withUnsafeBytes { Array($0) }
        try raw.withBytes { bytes throws(SystemError) in
            try sums.write(bytes, at: offset / UInt64(BaseFiles.block) * 4, subject: path)
        }
    }
}

extension Journal {
    /// Begins a new base that another node gives: `BaseBuilder.write` for each range, then `finish`. Blocks; not on a
    /// loop. The stream goes on meanwhile, and what comes of it is given up with `finish`.
    ///
    /// - Throws: `SystemError`.
    public func buildBase(volumes: [JournalVolume]) throws(SystemError) -> BaseBuilder {
        precondition(!host.loop.isCurrent, "a base is begun on a loop")
        // Any other number than that of the set that counts.
        return try BaseBuilder(self, set: base.files.set &+ 1, volumes: volumes)
    }

    func begin(
        _ files: BaseFiles, _ start: BaseCopyStart, volumes: [JournalVolume],
        _ completion: @escaping @Sendable (SystemError?) -> Void
    ) {
        precondition(pins.isEmpty && folding.keptReaders == 0, "a base is replaced while its points are open")
        guard isIdle, !isRestarting else {
            // What is under way ends first; then this is tried again.
            afterIdle.append { [unowned self] in self.begin(files, start, volumes: volumes, completion) }
            return stopSegments()
        }
        isRestarting = true
        let place = JournalPlace(
            position: start.place.position, ordinal: max(start.place.ordinal, follower.place.ordinal))
        var now = state
        now.firstSegment = nextSegment + 1
        now.baseSet = files.set
        now.base = place
        now.floor = place
        now.baseTime = start.time
        now.isBaseConsistent = start.isConsistent
        now.volumes = volumes
        let next = now
        let hasKept = !folding.kept.points.isEmpty
        host.quick.add { [host, folder] in
            var failure: SystemError?
            do throws(SystemError) {
                // What is kept is of the old base.
                if hasKept { try DurableFile.replace(folder.kept, with: KeptPoints().bytes, mode: 0o600) }
                try DurableFile.replace(folder.state, with: next.bytes, mode: 0o600)
            } catch { failure = error }
            let outcome = failure
            host.loop.post { self.restarted(next, files, outcome, completion) }
        }
    }

    private func restarted(
        _ next: JournalState, _ files: BaseFiles, _ failure: SystemError?,
        _ completion: @escaping @Sendable (SystemError?) -> Void
    ) {
        isRestarting = false
        guard failure == nil else { return completion(failure) }
        let old =
            sealed.map(\.path) + open.map(\.file.path) + runs.map(\.path)
            + state.volumes.flatMap { [folder.base(state.baseSet, $0.number), folder.sums(state.baseSet, $0.number)] }
            + (spare.map { [$0.path] } ?? [])
            + folding.kept.points.flatMap { point in
                point.volumes.flatMap {
                    [
                        folder.keptBlocks(point.place.ordinal, $0.number),
                        folder.keptSums(point.place.ordinal, $0.number),
                    ]
                }
            }
        folding.kept = KeptPoints()
        state = next
        base = BaseImages(files)
        sealed = []
        open = []
        runs = []
        spare = nil
        reader = nil
        lastFrames = nil
        follower = StreamFollower(machine: machine, place: next.base, volumes: next.volumes)
        durable = next.base
        durableTime = next.baseTime
        remove(old)
        makeSpare()
        tell(.durable(durable.position, time: durableTime))
        completion(nil)
    }

    /// Lets the open segments take no more, so that they come to rest.
    private func stopSegments() {
        for segment in open where !segment.isClosed { segment.isClosed = true }
        if let last = open.last { segmentAdvanced(last) }
    }
}
