import Primitives
import Testing

@testable import ClusterService

@Suite struct DiskWatchTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test func aFlushThatNeverEndsIsAStall() {
        let disk = DiskWatch()
        #expect(!disk.isStalled(at: start))
        disk.begins(at: start)
        #expect(!disk.isStalled(at: start + .seconds(1)))
        #expect(disk.isStalled(at: start + .milliseconds(1_001)))
        disk.ended(after: .milliseconds(5))
        #expect(!disk.isStalled(at: start + .seconds(9)))
    }

    @Test func aSlowFlushCountsUntilTheNextOneIsQuick() {
        let disk = DiskWatch()
        disk.ended(after: .milliseconds(1_500))
        #expect(disk.isStalled(at: start))
        disk.begins(at: start)
        #expect(disk.isStalled(at: start))
        disk.ended(after: .milliseconds(1))
        #expect(!disk.isStalled(at: start))
    }

    @Test func aFailureIsToldOnce() {
        let disk = DiskWatch()
        #expect(disk.failed())
        #expect(!disk.failed())
        #expect(disk.isStalled(at: start))
        disk.ended(after: .milliseconds(1))
        #expect(!disk.isStalled(at: start))
        #expect(disk.failed())
    }
}
