/// The index of a segment that is being written: the newest extents as they came, the older ones in sorted indexes of
/// growing size, of which always four become one.
public struct OpenIndex: Sendable {
    private var young: [Extent] = []
    private var images: [(image: ExtentImage, level: Int)] = []
    public private(set) var count = 0

    /// More are sorted before the next search would have to walk through them.
    private static let youngLimit = 2 * ExtentImage.blockCapacity
    private static let fanOut = 4

    public init() {}

    /// Takes the extents of a frame, all newer than those before.
    public mutating func add(_ extents: [Extent]) {
        young.append(contentsOf: extents)
        count += extents.count
        if young.count >= Self.youngLimit { sortYoung() }
    }

    /// Searches it for what is left of a range.
    public func search(_ lookup: inout ExtentLookup) {
        lookup.search(young)
        for (image, _) in images.reversed() where lookup.wants(image.ordinals) {
            Self.trusted { () throws(JournalFormatError) in try lookup.search(image) }
        }
    }

    /// As `ExtentLookup.firstTouched`.
    public func firstTouched(from key: ExtentKey, point: UInt64, base: UInt64) -> ExtentKey? {
        var first = young.lazy.filter { $0.end > key && $0.ordinal <= point && $0.ordinal > base }
            .map { max(key, $0.key) }.min()
        for (image, _) in images {
            Self.trusted { () throws(JournalFormatError) in
                guard
                    let touched = try ExtentLookup.firstTouched(image, from: key, point: point, base: base)
                else { return }
                first = first.map { min($0, touched) } ?? touched
            }
        }
        return first
    }

    /// All of it as one index; nil when it is empty.
    public mutating func merged() -> ExtentImage? {
        if !young.isEmpty { sortYoung() }
        guard images.count > 1 else { return images.first?.image }
        return Self.merge(images.map(\.image))
    }

    private mutating func sortYoung() {
        young.sort(by: Extent.precedes)
        var builder = ExtentImageBuilder()
        for extent in young { builder.append(extent) }
        young.removeAll(keepingCapacity: true)
        if let image = builder.image() { images.append((image, 0)) }
        while images.count >= Self.fanOut {
            let last = images.suffix(Self.fanOut)
            guard let level = last.last?.level, last.allSatisfy({ $0.level == level }),
                let image = Self.merge(last.map(\.image))
            else { return }
            images.removeLast(Self.fanOut)
            images.append((image, level + 1))
        }
    }

    private static func merge(_ images: [ExtentImage]) -> ExtentImage? {
        var builder = ExtentImageBuilder()
        trusted { () throws(JournalFormatError) in
            var merge = try ExtentMerge(images)
            while let extent = try merge.next() { builder.append(extent) }
        }
        return builder.image()
    }

    /// Indexes that were made in this process are not judged, so nothing can be wrong with them.
    private static func trusted(_ body: () throws(JournalFormatError) -> Void) {
        do throws(JournalFormatError) { try body() } catch { preconditionFailure("an index of our own: \(error)") }
    }
}

extension OpenIndex {
    /// Bytes that a footer with this index needs at most, without its notes.
    public static func footerBound(extents: Int, frames: Int) -> Int {
        let blocks = extents / ExtentImage.blockCapacity + 1
        return blocks * (ExtentImage.blockLength + ExtentImage.fenceLength) + frames * FrameEntry.size
            + 2 * SegmentFooter.length
    }
}
