import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Reads what stands behind the frames of a sealed segment and judges it, from a thread that waits.
struct SegmentCheck: Sendable {
    let segment: SealedSegment
    /// As they are ahead of the segment; for making its footer anew.
    let volumes: [JournalVolume]

    struct Outcome: Sendable {
        var frames: [FrameEntry] = []
        /// Of index, table or notes; they can be made again from the frames.
        var footer: JournalFinding?
    }

    /// Judges what follows the frames, and reads their table.
    func run() -> Outcome {
        var outcome = Outcome()
        do {
            outcome.frames = try segment.frames()
            try judgeIndex()
        } catch let error as SystemError where error.errno == ENOENT {
            // Folded and deleted meanwhile.
            return Outcome()
        } catch {
            outcome.footer = JournalFinding(
                .index, file: segment.path, offset: segment.footer.indexStart, ordinal: segment.end.ordinal,
                cause: "\(error)")
        }
        return outcome
    }

    private func judgeIndex() throws {
        _ = try SealedSegment.footer(segment.path)
        try Self.judge(segment.path, segment.footer)
    }

    /// Reads an index through.
    ///
    /// - Throws: `JournalFormatError` or `SystemError`.
    static func judge(_ path: String, _ footer: SegmentFooter) throws {
        guard let image = try MappedIndex.open(path, footer) else { return }
        var merge = try ExtentMerge([image])
        while try merge.next() != nil {}
    }

    enum Remade: Sendable {
        case whole(SegmentFooter)
        /// The frame behind a position, at so many bytes from the file's start, is damaged as well.
        case stopped(StreamPosition, offset: Int, cause: String)
    }

    /// Makes the footer anew from the frames.
    ///
    /// - Throws: `SystemError`, or `JournalFormatError`.
    func remake() throws -> Remade {
        var follower = StreamFollower(
            machine: segment.footer.machine, place: segment.footer.start, volumes: volumes)
        let found = try RecoveredSegment(scanning: segment.path, number: segment.number, follower: &follower)
        guard found.end == segment.end else {
            let offset = found.frames.last?.range.upperBound ?? SegmentHeader.length
            return .stopped(found.end.position, offset: offset, cause: found.damage ?? "its frame is gone")
        }
        return .whole(
            try SegmentSeal(
                path: found.path, header: found.header, end: found.end, frames: found.frames, notes: found.notes,
                index: found.index
            ).write())
    }

    /// Writes the frame at which the frames stopped. Whether it was the right one shows at the segment's end.
    ///
    /// - Throws: `SystemError`; `RepairFailure` when it has no room there.
    func write(_ frame: FrameBuffer, at offset: Int) throws {
        guard UInt64(offset + frame.bytes.count) <= segment.footer.indexStart else { throw RepairFailure.different }
        let file = try OwnedDescriptor.open(segment.path, flags: O_RDWR)
        try file.write(frame.bytes, at: UInt64(offset), subject: segment.path)
        try systemCall("flush", segment.path) { fsync(file.raw) }
    }
}
