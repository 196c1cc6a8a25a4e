import BlockIO
import Glibc
import JournalCore
import Primitives
import StreamProtocol

/// Whoever writes segments.
protocol OpenSegmentOwner: AnyObject {
    /// More frames are written, or a flush is over.
    func segmentAdvanced(_ segment: OpenSegment)
    /// A write or a flush failed: nothing behind `flushed` counts.
    func segmentFailed(_ segment: OpenSegment, errno: Int32, whileFlushing: Bool)
}

/// A segment that is being written. Frames go to the disk side by side; what counts as written is the unbroken run from
/// its start, and what counts as flushed is what was written when a flush began.
final class OpenSegment: BlockClient {
    let header: SegmentHeader
    let file: BlockFile
    private(set) var index = OpenIndex()
    private(set) var frames: [FrameEntry] = []
    private(set) var notes: [JournalNote] = []
    private(set) var written: JournalPlace
    private(set) var flushed: JournalPlace
    /// Wall clock at the source of the newest flushed frame; 0 without one.
    private(set) var flushedTime: UInt64 = 0
    /// Bytes from its start to where the next frame goes.
    private(set) var nextStart: Int
    /// Behind the last frame that was submitted.
    private(set) var end: JournalPlace
    /// It takes no more frames.
    var isClosed = false
    /// The thread that seals has it.
    var isSealing = false

    private struct Write {
        let memory: AnyObject
        let frame: FollowedFrame?
        var isDone = false
    }

    private var writes: [Write] = []
    private var firstToken: UInt64 = 0
    private var underWay = 0
    private var extentCount = 0
    private var frameCount = 0
    private var noteBytes = 0
    private var flushing: (place: JournalPlace, time: UInt64)?
    private unowned let owner: any OpenSegmentOwner
    private static let flushToken = UInt64.max

    /// A new segment; its header is written with its first frames.
    init(_ header: SegmentHeader, file: BlockFile, owner: any OpenSegmentOwner) {
        self.header = header
        self.file = file
        self.owner = owner
        written = header.start
        flushed = header.start
        end = header.start
        nextStart = SegmentHeader.length
        let page = HeaderPage(header)
        submit(page.memory, SegmentHeader.length, at: 0, Write(memory: page, frame: nil))
    }

    /// One that was found with these frames, all flushed.
    init(recovered: RecoveredSegment, file: BlockFile, owner: any OpenSegmentOwner) {
        header = recovered.header
        self.file = file
        self.owner = owner
        index = recovered.index
        frames = recovered.frames
        notes = recovered.notes
        end = recovered.end
        written = recovered.end
        flushed = recovered.end
        flushedTime = recovered.frames.last?.time ?? 0
        nextStart = recovered.frames.last?.range.upperBound ?? SegmentHeader.length
        extentCount = recovered.index.count
        frameCount = recovered.frames.count
        noteBytes = recovered.notes.reduce(0) { $0 + $1.payload.count + 16 }
    }

    /// Whether a frame with so many records still leaves room for the footer.
    func hasRoom(for header: FrameHeader) -> Bool {
        let extents = extentCount + header.recordCount
        let footer = OpenIndex.footerBound(extents: extents, frames: frameCount + 1) + noteBytes + 16_384
        return nextStart + header.frameLength + footer <= Int(file.geometry.size)
    }

    /// Writes the next frame; it is kept until that is done.
    func append(_ buffer: FrameBuffer, _ frame: FollowedFrame) {
        precondition(!isClosed, "a frame for a closed segment")
        let start = nextStart
        nextStart += buffer.bytes.count
        end = frame.entry.place
        extentCount += frame.extents.count
        frameCount += 1
        noteBytes += frame.notes.reduce(0) { $0 + $1.payload.count + 16 }
        submit(buffer.memory, buffer.bytes.count, at: start, Write(memory: buffer, frame: frame))
    }

    /// Requests are under way.
    var isBusy: Bool { underWay > 0 }
    var needsFlush: Bool { flushing == nil && written != flushed }
    var isFlushed: Bool { flushed == end }

    func flush() {
        precondition(needsFlush, "nothing to flush")
        flushing = (written, frames.last?.time ?? 0)
        underWay += 1
        file.submit(BlockRequest(.flush, token: Self.flushToken), for: self)
    }

    private func submit(_ memory: UnsafeMutableRawPointer, _ count: Int, at start: Int, _ write: Write) {
        let token = firstToken + UInt64(writes.count)
        writes.append(write)
        underWay += 1
        file.submit(
            BlockRequest(.write, offset: UInt64(start), length: count, memory: memory, token: token), for: self)
    }

    func completed(_ token: UInt64, errno: Int32) {
        underWay -= 1
        guard errno == 0 else {
            flushing = token == Self.flushToken ? nil : flushing
            return owner.segmentFailed(self, errno: errno, whileFlushing: token == Self.flushToken)
        }
        if token == Self.flushToken {
            if let flushing { (flushed, flushedTime) = flushing }
            flushing = nil
        } else {
            writes[Int(token - firstToken)].isDone = true
            takeWritten()
        }
        owner.segmentAdvanced(self)
    }

    private func takeWritten() {
        var count = 0
        while count < writes.count, writes[count].isDone {
            if let frame = writes[count].frame {
                index.add(frame.extents)
                frames.append(frame.entry)
                notes.append(contentsOf: frame.notes)
                written = frame.entry.place
            }
            count += 1
        }
        writes.removeFirst(count)
        firstToken += UInt64(count)
    }

    /// What the sealing thread needs.
    var seal: SegmentSeal {
        precondition(isClosed && isFlushed && writes.isEmpty, "a segment is sealed before its data is flushed")
        return SegmentSeal(path: file.path, header: header, end: end, frames: frames, notes: notes, index: index)
    }
}

/// A segment's header in memory for a direct transfer.
private final class HeaderPage {
    let memory: UnsafeMutableRawPointer

    init(_ header: SegmentHeader) {
        memory = .allocate(byteCount: SegmentHeader.length, alignment: SegmentHeader.length)
        header.bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }

    deinit { memory.deallocate() }
}
