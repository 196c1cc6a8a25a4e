import JournalCore
import Testing

@Suite struct JournalRetentionTests {
    private let segments = [
        SegmentPoints(lastOrdinal: 10, pointCount: 2, greatestTime: 100),
        SegmentPoints(lastOrdinal: 20, pointCount: 0, greatestTime: 0),
        SegmentPoints(lastOrdinal: 30, pointCount: 1, greatestTime: 200),
        SegmentPoints(lastOrdinal: 40, pointCount: 5, greatestTime: 300),
    ]

    @Test func onlyWholeSegmentsBeyondTheWindowAreFolded() {
        #expect(JournalRetention(window: 50).foldable(segments, newest: 300, pin: nil) == 3)
        #expect(JournalRetention(window: 100).foldable(segments, newest: 300, pin: nil) == 1)
        #expect(JournalRetention(window: 250).foldable(segments, newest: 300, pin: nil) == 0)
        #expect(JournalRetention(window: 400).foldable(segments, newest: 300, pin: nil) == 0)
    }

    @Test func aSegmentWithoutAPointIsNeverTheLastToBeFolded() {
        #expect(JournalRetention(window: 50).foldable(Array(segments[..<2]), newest: 300, pin: nil) == 1)
    }

    @Test func holdAndOpenPointsStopFolding() {
        #expect(JournalRetention(window: 50, isHeld: true).foldable(segments, newest: 300, pin: nil) == 0)
        #expect(JournalRetention(window: 50).foldable(segments, newest: 300, pin: 12) == 1)
        #expect(JournalRetention(window: 50).foldable(segments, newest: 300, pin: 30) == 3)
    }

    @Test func aClockThatJumpedForthKeepsWhatFollows() {
        var jumped = segments
        jumped[0] = SegmentPoints(lastOrdinal: 10, pointCount: 2, greatestTime: 10_000)
        #expect(JournalRetention(window: 50).foldable(jumped, newest: 300, pin: nil) == 0)
    }
}
