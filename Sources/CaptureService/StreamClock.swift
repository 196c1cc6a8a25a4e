import Primitives
import StreamProtocol

/// How far behind its source a stream is, and how fast it comes.
struct StreamClock {
    /// Frames that are not safe yet are remembered up to so many; of more, every second one is forgotten.
    private static let most = 65_536

    private var times: [(mark: StreamMark, wallClock: UInt64)] = []
    private var meter = RateMeter()
    /// Nanoseconds from the source's clock of a frame to the moment when it was safe here; of those that became safe
    /// together last, the one that had waited longest.
    private(set) var lag: UInt64 = 0
    /// Flags of the newest frame.
    private(set) var isConsistent = true

    mutating func received(_ header: FrameHeader, at now: Instant) {
        meter.add(header.frameLength, at: now)
        isConsistent = !header.flags.contains(.notConsistent)
        times.append((StreamMark(generation: header.generation, sequence: header.lastSequence), header.wallClock))
        guard times.count > Self.most else { return }
        times = times.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    /// - Parameter wall: nanoseconds since 1970, here.
    mutating func safe(_ mark: StreamMark, wall: UInt64) {
        let count = times.prefix { $0.mark <= mark }.count
        guard count > 0 else { return }
        // A source whose clock is ahead is not behind.
        lag = wall > times[0].wallClock ? wall - times[0].wallClock : 0
        times.removeFirst(count)
    }

    /// What was not safe comes again.
    mutating func forget() { times = [] }

    mutating func rate(at now: Instant) -> UInt64 { meter.rate(at: now) }
}
