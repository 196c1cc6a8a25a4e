/// Where the frames of a stream lie that the source still has, oldest first.
public struct FrameShelf: Sendable {
    public enum Place: Equatable, Sendable {
        /// Offset in the ring's memory, and what gives the memory back.
        case ring(offset: Int, mark: Int)
        /// Offset in the spool's space, and what gives it back.
        case spool(offset: Int, mark: Int)
    }

    public struct Entry: Equatable, Sendable {
        /// The frame's last record.
        public let last: UInt64
        /// Bytes of the whole frame.
        public let length: Int
        public var place: Place

        public init(last: UInt64, length: Int, place: Place) {
            self.last = last
            self.length = length
            self.place = place
        }
    }

    private var entries: [Entry] = []
    /// Everything before it is gone; the array is moved up now and then.
    private var start = 0

    public init() {}

    public var count: Int { entries.count - start }
    public var isEmpty: Bool { count == 0 }

    /// - Precondition: it follows the last one.
    public mutating func append(_ entry: Entry) {
        precondition(isEmpty || entries[entries.count - 1].last < entry.last, "a frame out of order")
        entries.append(entry)
    }

    /// The frame that ends with a record; nil when it is gone.
    public subscript(last: UInt64) -> Entry? { index(last).map { entries[$0] } }

    /// The frame lies in the spool now.
    ///
    /// - Returns: whether it was still there.
    public mutating func move(_ last: UInt64, to place: Place) -> Bool {
        guard let index = index(last) else { return false }
        entries[index].place = place
        return true
    }

    /// Takes out what ends at or before a record.
    ///
    /// - Returns: the oldest one; nil when there is none.
    public mutating func popFirst(through last: UInt64) -> Entry? {
        guard start < entries.count, entries[start].last <= last else { return nil }
        defer {
            start += 1
            if start > 1024, start * 2 > entries.count {
                entries.removeFirst(start)
                start = 0
            }
        }
        return entries[start]
    }

    private func index(_ last: UInt64) -> Int? {
        var low = start
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].last < last { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].last == last ? low : nil
    }
}
