import Primitives
import StreamProtocol

/// By which codec data goes over a link, by how fast the link was measured to be: lz4 where it is quicker than the
/// link, zstd where the link is slow, nothing where the link is quicker than lz4.
struct LinkCodec {
    /// Bytes a second below which zstd's better ratio is worth its time; about 400 Mbit/s.
    static let slow: UInt64 = 50_000_000
    /// Bytes a second above which even lz4 would hold the link up; about 8 Gbit/s.
    static let fast: UInt64 = 1_000_000_000

    /// What both sides know.
    var offered: [FrameCodec] = [.none, .lz4, .zstd]
    private var best: UInt64 = 0
    private var begun: Instant?
    private var bytes: UInt64 = 0

    /// A moment of at least this length in which the link was never idle counts as a measurement.
    private static let window = Span.milliseconds(500)

    init() {}

    /// So many bytes went over the link, and more waited.
    mutating func passed(_ count: Int, at now: Instant) {
        guard let begun else {
            self.begun = now
            bytes = 0
            return
        }
        bytes += UInt64(count)
        let span = now - begun
        guard span >= Self.window else { return }
        best = UInt64(Double(bytes) / span.seconds)
        self.begun = now
        bytes = 0
    }

    /// Nothing waits: what passes now says nothing about the link.
    mutating func idle() { begun = nil }

    /// lz4 as long as nothing is known.
    var choice: FrameCodec {
        let wish: FrameCodec =
            switch best {
            case 0: .lz4
            case ..<Self.slow: .zstd
            case Self.fast...: .none
            default: .lz4
            }
        return offered.contains(wish) ? wish : offered.contains(.lz4) && wish != .none ? .lz4 : .none
    }
}
