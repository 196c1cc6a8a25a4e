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

    /// Whether a frame is the one that was acknowledged here.
    func isReplaced(by frame: FrameBuffer) -> Bool {
        frame.bytes.count == entry.range.count
            && before.digest.following(frame.frame) == entry.place.position.digest
    }

    /// Writes a whole frame over the damaged one; blocks.
    ///
    /// - Throws: `SystemError`.
    func repair(with frame: FrameBuffer) throws(SystemError) {
        let path = finding.file
        let file = try OwnedDescriptor.open(path, flags: O_RDWR)
        try file.write(frame.bytes, at: finding.offset, subject: path)
        try systemCall("flush", path) { fsync(file.raw) }
    }
}

/// Reads frames of a segment and judges them, from a thread that waits.
struct FrameCheck: Sendable {
    let path: String
    /// Ahead of the first one.
    let start: StreamPosition
    let entries: ArraySlice<FrameEntry>

    /// - Throws: `SystemError`, ENOENT when the segment was folded and deleted meanwhile.
    func run() throws -> [DamagedFrame] {
        let file = OwnedDescriptor(taking: try DirectFile.open(path, flags: O_RDONLY))
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FrameLimits.padded(FrameLimits.frame), alignment: FrameLimits.alignment)
        defer { memory.deallocate() }
        var expansion = FrameExpansion()
        var damages: [DamagedFrame] = []
        var before = start
        for entry in entries {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(memory.count, entry.range.count)])
            if let cause = Self.problem(file, entry, before, bytes, &expansion) {
                let finding = JournalFinding(
                    .frame, file: path, offset: UInt64(entry.range.lowerBound), ordinal: entry.lastOrdinal,
                    cause: "\(cause); it was taken at \(entry.time)")
                damages.append(DamagedFrame(finding: finding, entry: entry, before: before))
            }
            before = entry.place.position
        }
        return damages
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
}
