import Primitives
import Testing

@testable import CaptureService

@Suite struct RateMeterTests {
    @Test func metersTheLastTenSeconds() {
        let start = Instant(nanoseconds: 1_000_000_000_000)
        var meter = RateMeter()
        for second in 0..<20 { meter.add(1_000, at: start + .seconds(Int64(second))) }
        #expect(meter.rate(at: start + .seconds(19)) == 1_000)
        #expect(meter.rate(at: start + .seconds(24)) == 500)
        #expect(meter.rate(at: start + .seconds(40)) == 0)
    }
}
