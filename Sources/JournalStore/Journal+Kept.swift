import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Points behind the base.
extension Journal {
    /// The base as it is now is about to be folded over, and stays openable.
    func keepBase() {
        guard folding.kept.points.last?.place.ordinal != state.base.ordinal else { return }
        folding.kept.points.append(KeptPoint(place: state.base, time: state.baseTime, volumes: state.volumes))
    }

    /// From the youngest to the oldest, without the base itself.
    var keptPoints: some Sequence<StoredPoint> {
        folding.kept.points.reversed().lazy
            .filter { $0.place.ordinal < self.state.base.ordinal || self.state.base != self.state.floor }
            .map { StoredPoint($0) }
    }

    /// The kept point at a place; nil when it is none, or can be read without it.
    func keptPoint(at place: JournalPlace) -> KeptPoint? {
        guard keptPoints.contains(where: { $0.place == place }) else { return nil }
        return folding.kept.points.first { $0.place == place }
    }

    /// Gives up one point that need not be kept any more.
    ///
    /// - Returns: whether there was one; folding goes on when that is done.
    func thin() -> Bool {
        guard !folding.kept.points.isEmpty, !folding.retention.isHeld else { return false }
        let times = folding.kept.points.map(\.time)
        // As for folding: both clocks must say that a point is old.
        let newest = min(newestTime, configuration.wallClock())
        let index = folding.retention.superfluous(times, next: state.baseTime, newest: newest)
        return index.map(giveUp) ?? false
    }

    /// What is kept behind the window gives way when the disk is full, the oldest first.
    ///
    /// - Returns: whether there was something; the next segment is tried again when that is done.
    func giveWay() -> Bool { folding.kept.points.isEmpty ? false : giveUp(0) }

    /// - Returns: false while somebody reads kept points.
    private func giveUp(_ index: Int) -> Bool {
        guard folding.keptReaders == 0, !folding.isRunning, !isMerging else { return false }
        folding.isRunning = true
        let job = KeptRemoval(folder: folder, kept: folding.kept, index: index)
        let reserve = Reserve(folder, bytes: configuration.reserve)
        host.slow.add { [host] in
            let outcome = Self.attempt(job, reserve)
            host.loop.post { self.gaveUp(outcome) }
        }
        return true
    }

    private static func attempt(_ job: KeptRemoval, _ reserve: Reserve) -> Result<KeptPoints, any Error> {
        do throws(SystemError) { return .success(try job.run()) } catch {
            guard error.errno == ENOSPC || error.errno == EDQUOT else { return .failure(error) }
            reserve.release()
            defer { reserve.fill() }
            return Result { try job.run() }
        }
    }

    private func gaveUp(_ outcome: Result<KeptPoints, any Error>) {
        folding.isRunning = false
        defer {
            tellPaused()
            finishClosing()
        }
        switch outcome {
        case .success(let left):
            folding.kept = left
            makeSpare()
            fold()
        case .failure(let error):
            tell(.finding(JournalFinding(.recovery, file: folder.kept, offset: 0, cause: "\(error)")))
            lookForRoomLater()
        }
    }
}

/// Gives up a kept point: what the next older one lacks goes to it. May be cut off and done again.
struct KeptRemoval: Sendable {
    let folder: JournalFolder
    let kept: KeptPoints
    let index: Int

    /// - Returns: the points that are left, as they were written.
    /// - Throws: `SystemError`.
    func run() throws(SystemError) -> KeptPoints {
        let gone = kept.points[index]
        if index > 0 {
            let older = kept.points[index - 1]
            for volume in older.volumes where volume.size > 0 {
                guard let facts = gone.volumes.first(where: { $0.number == volume.number }), facts.size > 0 else {
                    continue
                }
                try KeptBlocks(folder, older, volume).takeOver(
                    try KeptBlocks(folder, gone, facts))
            }
        }
        var left = kept
        left.points.remove(at: index)
        try DurableFile.replace(folder.kept, with: left.bytes, mode: 0o600)
        for volume in gone.volumes {
            try JournalFolder.remove(folder.keptSums(gone.place.ordinal, volume.number))
            try JournalFolder.remove(folder.keptBlocks(gone.place.ordinal, volume.number))
        }
        return left
    }
}
