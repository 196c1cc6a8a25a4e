import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Why frames cannot be given from a position on.
public enum FramesError: Error, Hashable, Sendable {
    /// It lies ahead of what the journal still has: the other node needs the base first.
    case tooOld(oldest: StreamPosition)
    /// The journal has no such position, or its stream is another one there.
    case unknown(has: StreamPosition)
    case damaged(JournalFinding)
    case closed
}

extension Journal {
    /// The written frames that follow a position, in order and as they are stored; none when it is the tail.
    ///
    /// - Parameters:
    ///   - position: behind a frame, with the digest of everything up to there.
    ///   - limit: bytes after which no further frame is begun; at least one frame is given.
    public func frames(
        after position: StreamPosition, limit: Int,
        completion: @escaping @Sendable (Result<[FrameBuffer], FramesError>) -> Void
    ) {
        let isPosted = host.loop.post {
            do throws(FramesError) {
                guard self.condition != .closed else { throw .closed }
                guard let (path, file, entries) = try self.entries(after: position, limit: limit) else {
                    return completion(.success([]))
                }
                FrameReading(path, file, entries, completion).begin()
            } catch { completion(.failure(error)) }
        }
        if !isPosted { completion(.failure(.closed)) }
    }

    /// The frames of one segment that follow, and its file.
    private func entries(
        after position: StreamPosition, limit: Int
    ) throws(FramesError) -> (String, BlockFile, [FrameEntry])? {
        let written = open.last?.written ?? sealed.last?.end ?? state.base
        if position == written.position { return nil }
        let oldest = sealed.first?.footer.start ?? open.first?.header.start ?? state.base
        if oldest.position.isBehind(position) { throw .tooOld(oldest: oldest.position) }
        for segment in sealed where segment.end.position.isBehind(position) {
            let frames: [FrameEntry]
            let file: BlockFile
            do {
                frames = try cachedFrames(segment)
                file = try BlockFile(segment.path, on: host.loop, access: .readOnly)
            } catch {
                throw .damaged(JournalFinding(.frame, file: segment.path, offset: 0, cause: "\(error)"))
            }
            return (
                segment.path, file, try Self.following(position, segment.footer.start, frames, limit, written)
            )
        }
        for segment in open where segment.written.position.isBehind(position) {
            return (
                segment.file.path, segment.file,
                try Self.following(position, segment.header.start, segment.frames, limit, written)
            )
        }
        throw .unknown(has: written.position)
    }

    private static func following(
        _ position: StreamPosition, _ start: JournalPlace, _ frames: [FrameEntry], _ limit: Int, _ has: JournalPlace
    ) throws(FramesError) -> [FrameEntry] {
        var low = 0
        var high = frames.count
        while low < high {
            let middle = (low + high) / 2
            let entry = frames[middle]
            let isBehind = (entry.generation, entry.lastSequence) > (position.generation, position.sequence)
            if isBehind { high = middle } else { low = middle + 1 }
        }
        let before = low == 0 ? start : frames[low - 1].place
        guard before.position == position else { throw .unknown(has: has.position) }
        var count = 0
        var chosen: [FrameEntry] = []
        for entry in frames[low...] {
            if !chosen.isEmpty, count + entry.range.count > limit { break }
            chosen.append(entry)
            count += entry.range.count
        }
        return chosen
    }

    /// The table of frames of the segment that was asked for last is kept: whoever catches up reads on.
    private func cachedFrames(_ segment: SealedSegment) throws -> [FrameEntry] {
        if let (number, frames) = lastFrames, number == segment.number { return frames }
        let frames = try segment.frames()
        lastFrames = (segment.number, frames)
        return frames
    }
}

/// Reads frames side by side; lives until all have come.
private final class FrameReading: BlockClient {
    private let path: String
    private let file: BlockFile
    private let entries: [FrameEntry]
    private var memory: [UnsafeMutableRawBufferPointer] = []
    private let completion: @Sendable (Result<[FrameBuffer], FramesError>) -> Void
    private var remaining: Int
    private var failure: JournalFinding?
    /// Itself, while transfers are under way.
    private var own: FrameReading?

    init(
        _ path: String, _ file: BlockFile, _ entries: [FrameEntry],
        _ completion: @escaping @Sendable (Result<[FrameBuffer], FramesError>) -> Void
    ) {
        self.path = path
        self.file = file
        self.entries = entries
        self.completion = completion
        remaining = entries.count
    }

    func begin() {
        own = self
        for (number, entry) in entries.enumerated() {
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: entry.range.count, alignment: FrameLimits.alignment)
            memory.append(buffer)
            file.submit(
                BlockRequest(
                    .read, offset: UInt64(entry.range.lowerBound), length: entry.range.count,
                    memory: buffer.baseAddress, token: UInt64(number)), for: self)
        }
    }

    func completed(_ token: UInt64, errno: Int32) {
        remaining -= 1
        if errno != 0, failure == nil {
            failure = finding(Int(token), "\(SystemError(operation: "read", subject: "it", errno: errno))")
        }
        guard remaining == 0 else { return }
        let outcome = judged()
        own = nil
        completion(outcome)
    }

    private func judged() -> Result<[FrameBuffer], FramesError> {
        defer { for buffer in memory { buffer.deallocate() } }
        var frames: [FrameBuffer] = []
        for number in entries.indices {
            if let failure { return .failure(.damaged(failure)) }
            do throws(StreamFormatError) {
                frames.append(try FrameBuffer(judging: UnsafeRawBufferPointer(memory[number])))
            } catch { failure = finding(number, "\(error)") }
        }
        if let failure { return .failure(.damaged(failure)) }
        return .success(frames)
    }

    private func finding(_ number: Int, _ cause: String) -> JournalFinding {
        let entry = entries[number]
        return JournalFinding(
            .frame, file: path, offset: UInt64(entry.range.lowerBound), ordinal: entry.lastOrdinal, cause: cause)
    }
}
