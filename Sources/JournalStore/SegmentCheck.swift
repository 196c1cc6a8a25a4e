import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// A frame that is damaged on the disk, and what a whole one must be.
struct DamagedFrame: Sendable {
    let finding: JournalFinding
    let entry: FrameEntry
    /// Ahead of it.
    let before: StreamPosition
}

/// Reads all of a sealed segment and judges it, from a thread that waits.
struct SegmentCheck: Sendable {
    let segment: SealedSegment
    /// As they are ahead of the segment; for making its footer anew.
    let volumes: [JournalVolume]

    struct Outcome: Sendable {
        var frames: [DamagedFrame] = []
        /// Of index, table or notes; they can be made again from the frames.
        var footer: JournalFinding?
    }

    func run() -> Outcome {
        var outcome = Outcome()
        attempt(&outcome) { _ in try judgeIndex() }
        attempt(&outcome) { try judgeFrames(&$0) }
        return outcome
    }

    private func attempt(_ outcome: inout Outcome, _ body: (inout Outcome) throws -> Void) {
        do { try body(&outcome) } catch let error as SystemError where error.errno == ENOENT {
            // Folded and deleted meanwhile.
            outcome.footer = nil
        } catch {
            outcome.footer = JournalFinding(
                .index, file: segment.path, offset: segment.footer.indexStart, ordinal: segment.end.ordinal,
                cause: "\(error)")
        }
    }

    private func judgeIndex() throws {
        _ = try SealedSegment.footer(segment.path)
        guard let image = try MappedIndex.open(segment.path, segment.footer) else { return }
        var merge = try ExtentMerge([image])
        while try merge.next() != nil {}
    }

    private func judgeFrames(_ outcome: inout Outcome) throws {
        let file = OwnedDescriptor(taking: try DirectFile.open(segment.path, flags: O_RDONLY))
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FrameLimits.padded(FrameLimits.frame), alignment: FrameLimits.alignment)
        defer { memory.deallocate() }
        var expansion = FrameExpansion()
        var before = segment.footer.start.position
        for entry in try segment.frames() {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(memory.count, entry.range.count)])
            if let cause = Self.problem(file, entry, before, bytes, &expansion) {
                outcome.frames.append(
                    DamagedFrame(
                        finding: JournalFinding(
                            .frame, file: segment.path, offset: UInt64(entry.range.lowerBound), volume: nil,
                            ordinal: entry.lastOrdinal, cause: "\(cause); it was taken at \(entry.time)"),
                        entry: entry, before: before))
            }
            before = entry.place.position
        }
    }

    private static func problem(
        _ file: borrowing OwnedDescriptor, _ entry: FrameEntry, _ before: StreamPosition,
        _ bytes: UnsafeMutableRawBufferPointer, _ expansion: inout FrameExpansion
    ) -> String? {
        let raw = file.raw
        let count = pread(raw, bytes.baseAddress!, bytes.count, off_t(entry.range.lowerBound))
        guard count == entry.range.count else {
            return count < 0 ? "it cannot be read: errno \(errno)" : "it is cut off"
        }
        do throws(StreamFormatError) {
            let frame = try Frame(judging: UnsafeRawBufferPointer(bytes))
            try frame.check(raw: try expansion.expand(frame))
            guard before.digest.following(frame) == entry.place.position.digest else {
                return "it is whole and another one than was acknowledged"
            }
            return nil
        } catch { return "\(error)" }
    }

    /// Makes the footer anew from the frames.
    ///
    /// - Throws: `JournalFormatError` or `SystemError`; EIO when the frames do not reach as far as they did.
    func remake() throws -> SegmentFooter {
        var follower = StreamFollower(
            machine: segment.footer.machine, place: segment.footer.start, volumes: volumes)
        let found = try RecoveredSegment(scanning: segment.path, number: segment.number, follower: &follower)
        guard found.end == segment.end else {
            throw SystemError(operation: "read all frames of", subject: segment.path, errno: EIO)
        }
        return try SegmentSeal(
            path: found.path, header: found.header, end: found.end, frames: found.frames, notes: found.notes,
            index: found.index
        ).write()
    }

    /// Writes a whole frame over a damaged one.
    ///
    /// - Throws: `SystemError`.
    static func repair(_ damage: DamagedFrame, with frame: FrameBuffer) throws(SystemError) {
        let path = damage.finding.file
        let file = try OwnedDescriptor.open(path, flags: O_RDWR)
        try file.write(frame.bytes, at: damage.finding.offset, subject: path)
        try systemCall("flush", path) { fsync(file.raw) }
    }
}

extension DamagedFrame {
    /// Whether a frame is the one that was acknowledged here.
    func isReplaced(by frame: FrameBuffer) -> Bool {
        frame.bytes.count == entry.range.count
            && before.digest.following(frame.frame) == entry.place.position.digest
    }
}
