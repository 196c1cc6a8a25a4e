import JournalStore
import StreamProtocol

/// The frames that were received last, for the other node: while it keeps up nothing is read from the disk.
struct RecentFrames {
    struct Item {
        let start: StreamPosition
        let end: StreamPosition
        let frame: FrameBuffer
    }

    /// Bytes that are kept.
    static let limit = 8 << 20

    private var items: [Item] = []
    private var bytes = 0

    /// - Parameter end: behind the frame.
    mutating func append(_ frame: FrameBuffer, start: StreamPosition, end: StreamPosition) {
        if let last = items.last, last.end != start { removeAll() }
        items.append(Item(start: start, end: end, frame: frame))
        bytes += frame.header.frameLength
        // Many in one go: each removal moves all that stay.
        guard bytes > 2 * Self.limit else { return }
        var count = 0
        while bytes > Self.limit {
            bytes -= items[count].frame.header.frameLength
            count += 1
        }
        items.removeFirst(count)
    }

    mutating func removeAll() {
        items = []
        bytes = 0
    }

    /// The frames behind a position, as long as they are of one generation, not beyond `limit` and not more than so
    /// many bytes (but at least one); nil when they are not here.
    func frames(after position: StreamPosition, upTo limit: StreamMark, bytes most: Int) -> [Item]? {
        guard let first = items.lastIndex(where: { $0.start == position }) else { return nil }
        let generation = items[first].end.generation
        var taken = 0
        var chosen: [Item] = []
        for item in items[first...] {
            let length = item.frame.header.frameLength
            guard item.end.generation == generation, StreamMark(item.end) <= limit,
                chosen.isEmpty || taken + length <= most
            else { break }
            chosen.append(item)
            taken += length
        }
        return chosen.isEmpty ? nil : chosen
    }
}
