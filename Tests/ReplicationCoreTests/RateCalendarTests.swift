import CaptureProtocol
import Primitives
import ReplicationCore
import Testing

@Suite struct RateCalendarTests {
    private typealias Window = StreamAssignment.Limits.Window

    /// 1970-01-05 was a Monday.
    private func wall(day: Int, minute: Int) -> UInt64 { UInt64((4 + day - 1) * 1_440 + minute) * 60_000_000_000 }

    @Test func windowsHoldByMinuteAndDay() {
        let calendar = RateCalendar(
            StreamAssignment.Limits(windows: [
                Window(from: 480, to: 1_080, days: [1, 2, 3, 4, 5], rate: 1_000),
                Window(from: 720, to: 780, days: [], rate: 500),
                Window(from: 1_320, to: 360, days: [7], rate: 10),
            ]))
        #expect(calendar.rate(at: wall(day: 1, minute: 479)) == nil)
        #expect(calendar.rate(at: wall(day: 1, minute: 480)) == 1_000)
        #expect(calendar.rate(at: wall(day: 1, minute: 1_080)) == nil)
        #expect(calendar.rate(at: wall(day: 6, minute: 480)) == nil)
        #expect(calendar.rate(at: wall(day: 3, minute: 750)) == 500, "the lowest holds")
        #expect(calendar.rate(at: wall(day: 6, minute: 750)) == 500)
        #expect(calendar.rate(at: wall(day: 7, minute: 1_400)) == 10)
        #expect(calendar.rate(at: wall(day: 8, minute: 359)) == 10, "Monday morning belongs to Sunday's window")
        #expect(calendar.rate(at: wall(day: 7, minute: 359)) == nil)
    }

    @Test func theRateIsKeptOverASecond() {
        var calendar = RateCalendar(
            StreamAssignment.Limits(windows: [Window(from: 0, to: 1_440, days: [], rate: 1_000_000)]))
        var now = Instant(nanoseconds: 0)
        var sent = 0
        while now < Instant(nanoseconds: 10_000_000_000) {
            if let later = calendar.take(8_192, at: now, wall: 0) {
                #expect(later > now)
                now = later
            } else {
                sent += 8_192
            }
        }
        #expect((10_000_000...10_520_000).contains(sent), "half a second of burst and ten seconds")
    }

    @Test func aFrameLargerThanTheBucketGoesAllTheSame() {
        var calendar = RateCalendar(
            StreamAssignment.Limits(windows: [Window(from: 0, to: 1_440, days: [], rate: 1_000)]))
        #expect(calendar.take(1 << 20, at: Instant(nanoseconds: 0), wall: 0) == nil)
        #expect(calendar.take(512, at: Instant(nanoseconds: 1), wall: 0) != nil, "it is paid for afterwards")
    }

    @Test func withoutAWindowNothingWaits() {
        var calendar = RateCalendar()
        for _ in 0..<100 { #expect(calendar.take(1 << 20, at: Instant(nanoseconds: 0), wall: 0) == nil) }
    }

    @Test func aRateOfZeroSendsNothingAndAsksAgain() {
        var calendar = RateCalendar(StreamAssignment.Limits(windows: [Window(from: 0, to: 60, days: [], rate: 0)]))
        var now = Instant(nanoseconds: 0)
        for _ in 0..<3 where calendar.take(512, at: now, wall: 0) == nil { now = now + .seconds(1) }
        #expect(calendar.take(512, at: now, wall: 0) != nil)
        #expect(calendar.take(512, at: now, wall: 3_600_000_000_000) == nil)
    }
}
