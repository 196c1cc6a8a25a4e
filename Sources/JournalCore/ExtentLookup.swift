/// Finds what a range reads as at a point: the newest extent at or before it for each part. Indexes are searched from
/// the newest to the oldest, until nothing of the range is left; the rest is the base's. One is kept and used again, so
/// that a search allocates nothing.
public struct ExtentLookup {
    /// A part of the range, and the extent that has it; without one it is the base's.
    public struct Piece: Hashable, Sendable {
        public let start: ExtentKey
        public let units: UInt32
        public let extent: Extent?
    }

    public private(set) var pieces: [Piece] = []
    private var gaps: [Range<UInt64>] = []
    private var spare: [Range<UInt64>] = []
    private var found: [Extent] = []
    private var point: UInt64 = 0
    private var base: UInt64 = 0

    public init() {}

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - point: ordinal of the last record that counts.
    ///   - base: ordinal of the last record that the base has: nothing up to it counts.
    public mutating func begin(_ start: ExtentKey, units: UInt32, point: UInt64, base: UInt64) {
        pieces.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        gaps.append(start.value..<start.value + UInt64(units))
        self.point = point
        self.base = base
    }

    /// Whether every part of the range is found.
    public var isComplete: Bool { gaps.isEmpty }

    /// Whether an index with these ordinals can have anything.
    public func wants(_ ordinals: ClosedRange<UInt64>) -> Bool {
        !gaps.isEmpty && ordinals.lowerBound <= point && ordinals.upperBound > base
    }

    /// Searches an index all of whose extents are older than those searched before.
    ///
    /// - Throws: `JournalFormatError` of a damaged block.
    public mutating func search(_ image: ExtentImage) throws(JournalFormatError) {
        guard wants(image.ordinals), let first = gaps.first, let last = gaps.last else { return }
        found.removeAll(keepingCapacity: true)
        let range = first.lowerBound..<last.upperBound
        let end = image.firstBlock { image.firstKey($0) >= range.upperBound }
        var block = image.firstBlock { image.reachSoFar($0) > range.lowerBound }
        var hot = UInt64.max
        var hotReach: UInt64 = 0
        while true {
            block = image.nextReaching(range.lowerBound, from: block, to: end)
            guard block < end else { break }
            defer { block += 1 }
            guard image.leastOrdinal(block) <= point else { continue }
            // Nothing but versions of one place, none of which reaches further than a newer one.
            if image.firstKey(block) == hot, image.reach(block) <= hotReach, block + 1 < image.blockCount,
                image.firstKey(block + 1) == hot
            {
                continue
            }
            for extent in try image.entries(block) {
                let key = extent.key.value
                if key >= range.upperBound { break }
                let reach = key + UInt64(extent.units)
                guard reach > range.lowerBound, extent.ordinal <= point, extent.ordinal > base else { continue }
                if key == hot {
                    if reach <= hotReach { continue }
                } else {
                    hot = key
                }
                hotReach = reach
                found.append(extent)
            }
        }
        takeFound()
    }

    /// Searches extents in no order, all of which are newer than those searched later.
    public mutating func search(_ extents: [Extent]) {
        guard let first = gaps.first, let last = gaps.last else { return }
        found.removeAll(keepingCapacity: true)
        for extent in extents
        where extent.key.value < last.upperBound && extent.end.value > first.lowerBound && extent.ordinal <= point
            && extent.ordinal > base
        {
            found.append(extent)
        }
        takeFound()
    }

    /// Ends the search: what is left is the base's; the pieces stand in order and cover the range.
    public mutating func finish() {
        for gap in gaps { addPiece(gap, nil) }
        gaps.removeAll(keepingCapacity: true)
        if pieces.count > 1 { pieces.sort { $0.start < $1.start } }
    }

    private mutating func takeFound() {
        if found.count > 1 { found.sort { $0.ordinal > $1.ordinal } }
        for extent in found {
            if gaps.isEmpty { return }
            fill(extent)
        }
    }

    private mutating func fill(_ extent: Extent) {
        let start = extent.key.value
        let end = extent.end.value
        guard gaps.contains(where: { $0.lowerBound < end && $0.upperBound > start }) else { return }
        spare.removeAll(keepingCapacity: true)
        for gap in gaps {
            let low = max(gap.lowerBound, start)
            let high = min(gap.upperBound, end)
            guard low < high else {
                spare.append(gap)
                continue
            }
            addPiece(low..<high, extent)
            if gap.lowerBound < low { spare.append(gap.lowerBound..<low) }
            if high < gap.upperBound { spare.append(high..<gap.upperBound) }
        }
        swap(&gaps, &spare)
    }

    private mutating func addPiece(_ range: Range<UInt64>, _ extent: Extent?) {
        pieces.append(
            Piece(
                start: ExtentKey(value: range.lowerBound), units: UInt32(range.upperBound - range.lowerBound),
                extent: extent))
    }
}

extension ExtentLookup {
    /// The first place at or behind `key` that an extent of the index touches, within the point and above the base.
    ///
    /// - Returns: nil when nothing does.
    /// - Throws: `JournalFormatError` of a damaged block.
    public static func firstTouched(
        _ image: ExtentImage, from key: ExtentKey, point: UInt64, base: UInt64
    ) throws(JournalFormatError) -> ExtentKey? {
        guard image.ordinals.lowerBound <= point, image.ordinals.upperBound > base else { return nil }
        var block = image.firstBlock { image.reachSoFar($0) > key.value }
        while true {
            block = image.nextReaching(key.value, from: block, to: image.blockCount)
            guard block < image.blockCount else { return nil }
            defer { block += 1 }
            guard image.leastOrdinal(block) <= point else { continue }
            for extent in try image.entries(block)
            where extent.end > key && extent.ordinal <= point && extent.ordinal > base {
                return max(key, extent.key)
            }
        }
    }
}
