import Primitives
import StreamProtocol
import Testing

@testable import CaptureService

@Suite struct LinkCodecTests {
    private static func codec(bytesPerSecond: Int, offered: [FrameCodec] = [.none, .lz4, .zstd]) -> FrameCodec {
        var codec = LinkCodec()
        codec.offered = offered
        for step in 0...20 {
            codec.passed(bytesPerSecond / 10, at: Instant(nanoseconds: Int64(step) * 100_000_000))
        }
        return codec.choice
    }

    @Test func followsTheLink() {
        #expect(LinkCodec().choice == .lz4)
        #expect(Self.codec(bytesPerSecond: 10_000_000) == .zstd)
        #expect(Self.codec(bytesPerSecond: 120_000_000) == .lz4)
        #expect(Self.codec(bytesPerSecond: 2_000_000_000) == .none)
    }

    @Test func takesWhatBothSidesKnow() {
        #expect(Self.codec(bytesPerSecond: 10_000_000, offered: [.none, .lz4]) == .lz4)
        #expect(Self.codec(bytesPerSecond: 10_000_000, offered: [.none]) == .none)
    }

    @Test func anIdleLinkIsNotSlow() {
        var codec = LinkCodec()
        for step in 0..<20 {
            codec.passed(1_000, at: Instant(nanoseconds: Int64(step) * 1_000_000_000))
            codec.idle()
        }
        #expect(codec.choice == .lz4)
    }
}
