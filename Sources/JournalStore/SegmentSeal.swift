import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Everything of a segment that takes no more frames, for the thread that seals it.
struct SegmentSeal: Sendable {
    let path: String
    let header: SegmentHeader
    let end: JournalPlace
    let frames: [FrameEntry]
    let notes: [JournalNote]
    let index: OpenIndex

    /// Writes the footer behind the frames, which must be flushed, and flushes it.
    ///
    /// - Throws: `SystemError`.
    func write() throws(SystemError) -> SegmentFooter {
        var index = index
        let image = index.merged()
        let start = UInt64(frames.last?.range.upperBound ?? SegmentHeader.length)
        let parts = SegmentFooterParts(image: image, frames: frames, notes: notes)
        let (closing, footer) = parts.closing(
            machine: header.machine, segments: header.number...header.number, start: header.start, end: end,
            indexStart: start)
        let file = try OwnedDescriptor.open(path, flags: O_RDWR)
        if let image {
            let blocks = UnsafeRawBufferPointer(rebasing: image.bytes[..<footer.indexRange.count])
            try file.write(blocks, at: start, subject: path)
        }
        try closing.withBytes { bytes throws(SystemError) in
            try file.write(bytes, at: footer.indexRange.upperBound, subject: path)
        }
        try systemCall("shorten", path) { ftruncate(file.raw, off_t(footer.fileLength)) }
        try systemCall("flush", path) { fsync(file.raw) }
        return footer
    }
}

/// A segment with its footer.
struct SealedSegment: Sendable {
    let number: UInt32
    let path: String
    let footer: SegmentFooter
    let notes: [JournalNote]

    var end: JournalPlace { footer.end }

    /// Reads its table of frames; blocks.
    ///
    /// - Throws: `SystemError` or `JournalFormatError`.
    func frames() throws -> [FrameEntry] {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let bytes = try file.readRange(footer.framesRange, subject: path)
        return try bytes.withBytes { try footer.frames($0) }
    }

    /// Reads a footer at the end of a file, if it is whole.
    ///
    /// - Throws: `SystemError` or `JournalFormatError`.
    static func footer(_ path: String) throws -> (footer: SegmentFooter, notes: [JournalNote]) {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let length = try file.length(subject: path)
        guard length >= UInt64(SegmentFooter.length) else {
            throw JournalFormatError.truncated(.footer, needed: SegmentFooter.length, present: Int(length))
        }
        let bytes = try file.readRange(length - UInt64(SegmentFooter.length)..<length, subject: path)
        let footer = try bytes.withBytes { try SegmentFooter(reading: $0, fileLength: length) }
        let notes = try file.readRange(footer.notesRange, subject: path)
        return (footer, try notes.withBytes { try footer.notes($0) })
    }
}
