import CLinux
import Checksum
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Brings the bytes of many extents together, from a thread that waits: sorted by where they are, neighbours in one
/// transfer, judged by their checksums.
struct RecordFetch: ~Copyable {
    /// A part of a record and where its bytes go.
    struct Part {
        let extent: Extent
        /// Bytes from the record's start.
        let skip: Int
        let count: Int
        let target: UnsafeMutableRawPointer
    }

    private struct Span {
        var segment: UInt32
        var range: Range<Int>
        var parts: Range<Int>
        var isFrame: Bool
    }

    private let folder: JournalFolder
    private let batch: DirectBatch
    private var files: [UInt32: Int32] = [:]
    private var expansion = FrameExpansion()

    private static let spanLimit = 1 << 20
    private static let gapLimit = 16 << 10
    /// Bytes of one round.
    private static let roundLimit = 32 << 20

    init(_ folder: JournalFolder, _ batch: DirectBatch) {
        self.folder = folder
        self.batch = batch
    }

    deinit { for file in files.values { close(file) } }

    /// - Throws: `JournalFinding` of the first record that cannot be read or is damaged.
    mutating func fetch(_ parts: [Part]) throws {
        let sorted = parts.sorted { ($0.extent.segment, $0.extent.place) < ($1.extent.segment, $1.extent.place) }
        var round: [Span] = []
        var bytes = 0
        for span in Self.spans(sorted) {
            let count = FrameLimits.padded(span.range.count + FrameLimits.alignment)
            if bytes + count > Self.roundLimit, !round.isEmpty {
                try run(round, sorted, bytes)
                round = []
                bytes = 0
            }
            round.append(span)
            bytes += count
        }
        if !round.isEmpty { try run(round, sorted, bytes) }
    }

    private static func spans(_ parts: [Part]) -> [Span] {
        var spans: [Span] = []
        for (index, part) in parts.enumerated() {
            let place = Int(part.extent.place)
            var own = Span(segment: part.extent.segment, range: 0..<0, parts: index..<index + 1, isFrame: false)
            switch part.extent.content {
            case .zeros: continue
            case .plain: own.range = place..<place + Int(part.extent.units) * StreamUnit.bytes
            case .compressed(_, let blocks, _, _):
                own.range = place..<place + Int(blocks) * FrameLimits.alignment
                own.isFrame = true
            }
            guard let last = spans.last, last.segment == own.segment, last.isFrame == own.isFrame else {
                spans.append(own)
                continue
            }
            let joint = last.range.lowerBound..<max(last.range.upperBound, own.range.upperBound)
            let isNear =
                own.isFrame
                ? own.range == last.range
                : joint.count <= spanLimit && own.range.lowerBound - last.range.upperBound <= gapLimit
            if isNear {
                spans[spans.count - 1].range = joint
                spans[spans.count - 1].parts = last.parts.lowerBound..<index + 1
            } else {
                spans.append(own)
            }
        }
        return spans
    }

    private mutating func run(_ spans: [Span], _ parts: [Part], _ bytes: Int) throws {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: FrameLimits.alignment)
        defer { memory.deallocate() }
        var transfers: [DirectBatch.Transfer] = []
        var next = memory
        for span in spans {
            let low = span.range.lowerBound / 4096 * 4096
            let count = FrameLimits.padded(span.range.upperBound) - low
            transfers.append(
                DirectBatch.Transfer(
                    file: try file(span.segment), isWrite: false, offset: UInt64(low), count: count, memory: next,
                    path: folder.segment(span.segment)))
            next += count
        }
        let failures = batch.run(transfers)
        for (index, span) in spans.enumerated() {
            if let failure = failures[index] { throw finding(parts[span.parts.lowerBound], failure.description) }
            if span.isFrame {
                try takeFrame(transfers[index], parts[span.parts])
            } else {
                try takeRecords(transfers[index], parts[span.parts])
            }
        }
    }

    private func takeRecords(_ transfer: DirectBatch.Transfer, _ parts: ArraySlice<Part>) throws(JournalFinding) {
        var judged: UInt64 = 0
        for part in parts {
            guard case .plain(let place, let checksum) = part.extent.content else { continue }
            let start = transfer.memory + (Int(place) - Int(transfer.offset))
            if part.extent.ordinal != judged {
                let record = UnsafeRawBufferPointer(start: start, count: Int(part.extent.units) * StreamUnit.bytes)
                guard CRC32C(of: record).value == checksum else {
                    throw finding(part, "the record's checksum is wrong")
                }
                judged = part.extent.ordinal
            }
            memcpy(part.target, start + part.skip, part.count)
        }
    }

    private mutating func takeFrame(
        _ transfer: DirectBatch.Transfer, _ parts: ArraySlice<Part>
    ) throws(JournalFinding) {
        guard let first = parts.first else { return }
        let bytes = UnsafeRawBufferPointer(start: transfer.memory, count: transfer.count)
        let raw: UnsafeRawBufferPointer
        do throws(StreamFormatError) {
            let frame = try Frame(judging: bytes)
            raw = try expansion.expand(frame)
            try frame.check(raw: raw)
        } catch { throw finding(first, "\(error)") }
        for part in parts {
            let start = Int(part.extent.offset) + part.skip
            guard start + part.count <= raw.count else {
                throw finding(part, "the frame's payload ends ahead of the record")
            }
            memcpy(part.target, raw.baseAddress! + start, part.count)
        }
    }

    private mutating func file(_ segment: UInt32) throws(SystemError) -> Int32 {
        if let known = files[segment] { return known }
        let path = folder.segment(segment)
        let raw = try DirectFile.open(path, flags: O_RDONLY)
        files[segment] = raw
        return raw
    }

    private func finding(_ part: Part, _ cause: String) -> JournalFinding {
        JournalFinding(
            .frame, file: folder.segment(part.extent.segment), offset: UInt64(part.extent.place),
            volume: part.extent.key.volume, address: part.extent.key.address, units: UInt64(part.extent.units),
            ordinal: part.extent.ordinal, cause: cause)
    }
}

/// Opening past the page cache where the file system can.
enum DirectFile {
    /// - Returns: a descriptor that the caller closes.
    /// - Throws: `SystemError`.
    static func open(_ path: String, flags: Int32) throws(SystemError) -> Int32 {
        do throws(SystemError) {
            return try OwnedDescriptor.open(path, flags: flags | clinux_direct_flag()).release()
        } catch {
            // What open(2) says of a file system without direct transfers.
            guard error.errno == EINVAL else { throw error }
        }
        return try OwnedDescriptor.open(path, flags: flags).release()
    }
}
