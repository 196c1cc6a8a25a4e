import StreamProtocol

/// A frame that the source has closed.
public struct ClosedFrame: Hashable, Sendable {
    /// Sequence of its first record.
    public let first: UInt64
    /// Its last record, and the digest behind it.
    public let end: StreamPosition
    /// With padding.
    public let bytes: Int
    /// Wall clock at the source when it was closed, nanoseconds since 1970.
    public let wallClock: UInt64

    public init(first: UInt64, end: StreamPosition, bytes: Int, wallClock: UInt64) {
        precondition(first >= 1 && end.sequence >= first, "a frame without records")
        self.first = first
        self.end = end
        self.bytes = bytes
        self.wallClock = wallClock
    }
}

/// What the source keeps until it is safe: frames in order, in memory or in the spool; which of them were sent.
struct FrameQueue: Sendable {
    enum Place: Sendable { case memory, spooling, spooled }

    private(set) var frames: [(frame: ClosedFrame, place: Place)] = []
    /// How many of `frames` were handed to the link of the moment.
    private(set) var sent = 0
    /// How many of `frames` the other side has in memory.
    private(set) var received = 0
    private(set) var memoryBytes = 0
    private(set) var spoolBytes = 0
    /// In memory still, and on their way into the spool.
    private(set) var spoolingBytes = 0
    private(set) var inFlightBytes = 0
    /// Everything up to here is gone: safe at the chosen level, or of a generation before.
    private(set) var freed: StreamPosition
    /// The last record that is in a frame.
    private(set) var end: StreamPosition

    init(after position: StreamPosition) {
        freed = position
        end = position
    }

    var isEmpty: Bool { frames.isEmpty }
    var bytes: Int { memoryBytes + spoolBytes }
    var nextToSend: ClosedFrame? { sent < frames.count ? frames[sent].frame : nil }
    var oldest: ClosedFrame? { frames.first?.frame }

    mutating func append(_ frame: ClosedFrame) {
        precondition(frame.end.generation == end.generation && frame.first == end.sequence + 1, "a frame out of order")
        frames.append((frame, .memory))
        memoryBytes += frame.bytes
        end = frame.end
    }

    mutating func markSent() {
        inFlightBytes += frames[sent].frame.bytes
        sent += 1
    }

    mutating func receive(through sequence: UInt64) {
        while received < sent, frames[received].frame.end.sequence <= sequence {
            inFlightBytes -= frames[received].frame.bytes
            received += 1
        }
    }

    /// - Returns: whether anything was freed.
    mutating func free(through sequence: UInt64) -> Bool {
        // What was not sent on this link may be safe all the same: by an earlier one.
        let count = frames.prefix { $0.frame.end.sequence <= sequence }.count
        guard count > 0 else { return false }
        receive(through: sequence)
        for (frame, place) in frames[..<count] { account(frame, place, sign: -1) }
        freed = frames[count - 1].frame.end
        frames.removeFirst(count)
        sent = max(0, sent - count)
        received = max(0, received - count)
        return true
    }

    /// The link of the moment begins at `next`; nil when a frame does not begin there.
    mutating func rewind(to next: UInt64) -> Bool {
        guard let index = next == end.sequence + 1 ? frames.count : frames.firstIndex(where: { $0.frame.first == next })
        else { return false }
        sent = index
        received = index
        inFlightBytes = 0
        return true
    }

    /// The position of the record with this sequence, when a frame ends there.
    func position(_ sequence: UInt64) -> StreamPosition? {
        if sequence == freed.sequence { return freed }
        return frames.first { $0.frame.end.sequence == sequence }?.frame.end
    }

    // MARK: Spool

    /// The frames that are only in memory, oldest first, from now on on their way into the spool.
    mutating func beginSpooling(upTo room: Int) -> [UInt64] {
        var left = room
        var begun: [UInt64] = []
        for index in frames.indices where frames[index].place == .memory {
            guard frames[index].frame.bytes <= left else { break }
            left -= frames[index].frame.bytes
            frames[index].place = .spooling
            spoolBytes += frames[index].frame.bytes
            spoolingBytes += frames[index].frame.bytes
            begun.append(frames[index].frame.end.sequence)
        }
        return begun
    }

    mutating func spooled(_ sequence: UInt64) -> Bool {
        guard let index = frames.firstIndex(where: { $0.frame.end.sequence == sequence && $0.place == .spooling })
        else { return false }
        frames[index].place = .spooled
        memoryBytes -= frames[index].frame.bytes
        spoolingBytes -= frames[index].frame.bytes
        return true
    }

    private mutating func account(_ frame: ClosedFrame, _ place: Place, sign: Int) {
        if place != .spooled { memoryBytes += sign * frame.bytes }
        if place != .memory { spoolBytes += sign * frame.bytes }
        if place == .spooling { spoolingBytes += sign * frame.bytes }
    }
}
