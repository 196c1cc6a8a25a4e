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
        #expect(JournalRetention(window: 50).foldable(segments, newest: 300, now: 300, pin: nil) == 3)
        #expect(JournalRetention(window: 100).foldable(segments, newest: 300, now: 300, pin: nil) == 1)
        #expect(JournalRetention(window: 250).foldable(segments, newest: 300, now: 300, pin: nil) == 0)
        #expect(JournalRetention(window: 400).foldable(segments, newest: 300, now: 300, pin: nil) == 0)
    }

    @Test func aSegmentWithoutAPointIsNeverTheLastToBeFolded() {
        #expect(JournalRetention(window: 50).foldable(Array(segments[..<2]), newest: 300, now: 300, pin: nil) == 1)
    }

    @Test func holdAndOpenPointsStopFolding() {
        #expect(JournalRetention(window: 50, isHeld: true).foldable(segments, newest: 300, now: 300, pin: nil) == 0)
        #expect(JournalRetention(window: 50).foldable(segments, newest: 300, now: 300, pin: 12) == 1)
        #expect(JournalRetention(window: 50).foldable(segments, newest: 300, now: 300, pin: 30) == 3)
    }

    @Test func aClockThatJumpsAheadTakesNothingAway() {
        #expect(JournalRetention(window: 250).foldable(segments, newest: 10_000, now: 300, pin: nil) == 0)
        #expect(JournalRetention(window: 250).foldable(segments, newest: 300, now: 10_000, pin: nil) == 0)
        #expect(JournalRetention(window: 100).foldable(segments, newest: 10_000, now: 300, pin: nil) == 1)
    }

    @Test func aClockThatJumpedForthKeepsWhatFollows() {
        var jumped = segments
        jumped[0] = SegmentPoints(lastOrdinal: 10, pointCount: 2, greatestTime: 10_000)
        #expect(JournalRetention(window: 50).foldable(jumped, newest: 300, now: 300, pin: nil) == 0)
    }

    @Test func theLastPointOfEachSpanIsKeptAsLongAsItsRuleSays() {
        let retention = JournalRetention(
            window: 50, keep: [.init(every: 10, age: 30), .init(every: 100, age: 1_000)])
        #expect(retention.endsSpan(19, next: 20) && !retention.endsSpan(12, next: 19))
        // 85 is too old for the ten and the last of its hundred; 99 is there, so it is not.
        let times: [UInt64] = [85, 99, 190, 198, 209, 219]
        #expect(retention.superfluous(times, next: 225, newest: 235) == 0)
        #expect(retention.superfluous([99, 190, 198, 209, 219], next: 225, newest: 235) == 1)
        #expect(retention.superfluous([99, 198, 209, 219], next: 225, newest: 235) == nil)
        #expect(retention.superfluous([99, 198, 209, 219], next: 225, newest: 240) == 2)
        #expect(retention.superfluous([99, 198, 219], next: 225, newest: 1_200) == 0)
        // A clock that jumped back makes nothing older.
        #expect(retention.superfluous([99, 198, 219], next: 225, newest: 90) == nil)
        #expect(JournalRetention(window: 50).superfluous([99], next: 225, newest: 235) == 0)
        #expect(JournalRetention(window: 50).superfluous([], next: 225, newest: 235) == nil)
    }
}
