import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

extension Journal {
    var currentStatus: JournalStatus {
        let oldest = oldestPoint
        return JournalStatus(
            condition: condition, taken: follower.place.position, durable: durable.position,
            durableTime: durableTime, base: state.base.position, volumes: follower.volumes,
            journalBytes: sealed.reduce(0) { $0 + $1.footer.fileLength }
                + open.reduce(0) { $0 + $1.file.geometry.size },
            baseBytes: baseBytes, indexCount: runs.count, isMerging: isMerging, newestPoint: newestPoint?.time,
            oldestPoint: oldest?.time)
    }

    /// What the base, and what is kept of earlier ones, takes on the disk.
    private var baseBytes: UInt64 {
        var sum: UInt64 = 0
        let kept = folding.kept.points.flatMap { point in
            point.volumes.map { folder.keptBlocks(point.place.ordinal, $0.number) }
        }
        for path in state.volumes.map({ folder.base(state.baseSet, $0.number) }) + kept {
            var facts = stat()
            // A base that is gone takes nothing; opening and reading report it.
            if stat(path, &facts) == 0 { sum += UInt64(facts.st_blocks) * 512 }
        }
        return sum
    }
}
