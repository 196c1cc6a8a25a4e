import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

@Suite struct StreamClockTests {
    private static func header(_ sequence: UInt64, at wall: UInt64) -> FrameHeader {
        FrameHeader(
            machine: MachineID(high: 1, low: 1), generation: Generation(1), firstSequence: sequence, writeEpoch: 1,
            bytesAhead: 0, wallClock: wall, monotonicClock: 0, recordCount: 1)
    }

    /// Frames that become safe together: what counts is the one that waited longest.
    @Test func theLagIsThatOfTheOldest() {
        var clock = StreamClock()
        for (sequence, wall) in [(1, 100), (2, 400), (3, 900)] {
            clock.received(Self.header(UInt64(sequence), at: UInt64(wall)), at: Instant(nanoseconds: 0))
        }
        clock.safe(StreamMark(generation: Generation(1), sequence: 2), wall: 1_000)
        #expect(clock.lag == 900)
        clock.safe(StreamMark(generation: Generation(1), sequence: 3), wall: 1_000)
        #expect(clock.lag == 100)
        // A source whose clock is ahead is not behind.
        clock.received(Self.header(4, at: 5_000), at: Instant(nanoseconds: 0))
        clock.safe(StreamMark(generation: Generation(1), sequence: 4), wall: 1_000)
        #expect(clock.lag == 0)
    }
}
