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

    /// What the base takes on the disk.
    private var baseBytes: UInt64 {
        var sum: UInt64 = 0
        for volume in state.volumes {
            var facts = stat()
            let path = folder.base(state.baseSet, volume.number)
            // A base that is gone takes nothing; opening and reading report it.
            if stat(path, &facts) == 0 { sum += UInt64(facts.st_blocks) * 512 }
        }
        return sum
    }
}
