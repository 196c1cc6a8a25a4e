import BlockIO
import Glibc
import JournalCore
import StreamProtocol

/// The expanded payloads of a few compressed frames, judged: what is read of one is mostly read of more.
struct FrameCache {
    private var entries: [(key: JournalReader.FrameKey, payload: [UInt8])] = []
    private var next = 0
    private static let limit = 4

    func payload(_ key: JournalReader.FrameKey) -> [UInt8]? { entries.first { $0.key == key }?.payload }

    mutating func add(_ key: JournalReader.FrameKey, _ payload: UnsafeRawBufferPointer) {
        if entries.count < Self.limit { return entries.append((key, Array(payload))) }
        entries[next] = (key, Array(payload))
        next = (next + 1) % Self.limit
    }
}

extension JournalReader {
    /// A part that lies in a compressed frame.
    func placeFrame(_ part: Part, _ segment: UInt32, _ start: Int, _ count: Int) {
        let key = FrameKey(segment: segment, place: UInt32(start))
        if let payload = frames.payload(key) {
            return payload.withUnsafeBytes { take(part, $0, journal.folder.segment(segment)) }
        }
        if let load = frameLoads[key] { return join(load, part) }
        guard let file = file(of: segment, for: [part]) else { return }
        add(.frame(key), file, UInt64(start), count, CollectionOfOne(part))
    }

    /// Judges and expands a frame that was read, and takes the parts out of it.
    func takeFrame(_ index: Int, _ key: FrameKey) {
        let transfer = transfers[index]
        guard let memory = transfer.memory else { return }
        do throws(StreamFormatError) {
            let frame = try Frame(judging: UnsafeRawBufferPointer(start: memory, count: transfer.count))
            let raw = try journal.expansion.expand(frame)
            try frame.check(raw: raw)
            frames.add(key, raw)
            for part in transfer.parts { take(part, raw, transfer.file.path) }
        } catch {
            for part in transfer.parts { fail(part, finding(part, transfer.file.path, transfer.offset, "\(error)")) }
        }
    }

    private func take(_ part: Part, _ payload: UnsafeRawBufferPointer, _ path: String) {
        guard let extent = part.extent else { return }
        let frame = extent.place
        let start = Int(extent.offset) + part.skip
        guard start + part.count <= payload.count else {
            return fail(part, finding(part, path, UInt64(frame), "the frame's payload ends ahead of the record"))
        }
        memcpy(part.target, payload.baseAddress! + start, part.count)
    }
}
