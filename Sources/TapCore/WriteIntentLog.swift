/// Which regions of a volume may differ from the replica after a crash. A region is marked on stable storage before the
/// first write into it goes to the disk, and unmarked, lazily and many at a time, when the replica has everything that
/// was written there. The marks live in pages of 4 KiB, each written whole; one is on its way at a time.
public struct WriteIntentLog: Sendable {
    public private(set) var format: IntentFormat
    /// What the next page write will hold.
    private var wanted: RegionSet
    /// What is on stable storage, whichever of the page's writes a crash leaves: a region is in it only when it is in
    /// the last page that was written and in the one that is on its way.
    private var durable: RegionSet
    private var writing: (page: Int, content: RegionSet)?
    /// Pages whose wanted content is not written.
    private var dirty: Set<Int> = []
    /// Of each region: writes that are under way, and the last record that carries a write of it.
    private var underWay: ContiguousArray<UInt32>
    private var lastRecord: ContiguousArray<UInt64>
    /// Regions written to since the last sweep: they are likely to be written again, so they stay marked.
    private var warm: RegionSet

    /// - Parameter marked: what the file said at the start; everything when it could not be read.
    public init(format: IntentFormat, marked: RegionSet) {
        self.format = format
        precondition(marked.count == format.regions)
        wanted = marked
        durable = marked
        warm = RegionSet(count: format.regions)
        underWay = ContiguousArray(repeating: 0, count: format.regions)
        lastRecord = ContiguousArray(repeating: 0, count: format.regions)
    }

    /// Regions that are marked now.
    public var marked: RegionSet { wanted }

    /// A write is about to go to the disk.
    ///
    /// - Returns: whether it may go now; else once `mayGo` is true after a page was written.
    public mutating func begin(offset: UInt64, length: UInt64) -> Bool {
        var isReady = true
        for region in format.regions(offset: offset, length: length) {
            underWay[region] += 1
            warm.insert(region)
            if !wanted.contains(region) {
                wanted.insert(region)
                dirty.insert(format.page(of: region))
            }
            isReady = isReady && durable.contains(region)
        }
        return isReady
    }

    /// Whether all regions of a range are marked on stable storage.
    public func mayGo(offset: UInt64, length: UInt64) -> Bool {
        format.regions(offset: offset, length: length).allSatisfy(durable.contains)
    }

    /// A write that began is over.
    ///
    /// - Parameter record: the number of the record that carries it; 0 when none does, and the caller's changed blocks
    ///   then hold the range.
    public mutating func end(offset: UInt64, length: UInt64, record: UInt64) {
        for region in format.regions(offset: offset, length: length) {
            precondition(underWay[region] > 0, "a write ended in region \(region) that did not begin")
            underWay[region] -= 1
            lastRecord[region] = max(lastRecord[region], record)
        }
    }

    /// A copied range entered the stream.
    public mutating func copied(offset: UInt64, length: UInt64, record: UInt64) {
        for region in format.regions(offset: offset, length: length) {
            lastRecord[region] = max(lastRecord[region], record)
        }
    }

    /// Unmarks what the replica has. Regions that were written to since the last sweep stay.
    ///
    /// - Parameters:
    ///   - acknowledged: the last record that is safe at the chosen level.
    ///   - changed: blocks that the stream does not carry.
    public mutating func sweep(acknowledged: UInt64, changed: ChangedBlocks) {
        let candidates = wanted
        candidates.forEach { region in
            let start = UInt64(region) * format.regionSize
            guard !warm.contains(region), underWay[region] == 0, lastRecord[region] <= acknowledged,
                changed.isEmpty || !changed.contains(offset: start, length: format.regionSize)
            else { return }
            wanted.remove(region)
            dirty.insert(format.page(of: region))
        }
        warm = RegionSet(count: format.regions)
    }

    /// A new generation counts its records from 1.
    public mutating func startGeneration() {
        for region in lastRecord.indices where lastRecord[region] != .max { lastRecord[region] = 0 }
    }

    /// Everything may differ from the replica.
    public mutating func markAll() {
        wanted = .all(format.regions)
        dirty = Set(0..<format.pages)
    }

    public var canGrow: Bool { writing == nil }

    /// The volume became larger. Until all pages are written, the file marks everything.
    ///
    /// - Precondition: `canGrow`, the same size of regions, not smaller.
    public mutating func grow(_ larger: IntentFormat) {
        precondition(canGrow && larger.regionSize == format.regionSize && larger.regions >= format.regions)
        let more = larger.regions - format.regions
        wanted = wanted.enlarged(to: larger.regions)
        durable = durable.enlarged(to: larger.regions)
        warm = warm.enlarged(to: larger.regions)
        underWay.append(contentsOf: repeatElement(0, count: more))
        lastRecord.append(contentsOf: repeatElement(0, count: more))
        format = larger
        dirty = Set(0..<format.pages)
    }

    public var needsPageWrite: Bool { writing == nil && !dirty.isEmpty }

    /// The next page to write durably, if one is due and none is on its way.
    public mutating func nextPage() -> (offset: UInt64, bytes: [UInt8])? {
        guard writing == nil, let page = dirty.min() else { return nil }
        dirty.remove(page)
        writing = (page, wanted)
        for region in format.regions(ofPage: page) where !wanted.contains(region) { durable.remove(region) }
        return (UInt64(page) * UInt64(IntentFormat.pageSize), format.encode(page, wanted))
    }

    /// The page that `nextPage` gave is on stable storage.
    public mutating func pageWritten() {
        guard let (page, content) = writing else { preconditionFailure("no page is on its way") }
        writing = nil
        for region in format.regions(ofPage: page) where content.contains(region) { durable.insert(region) }
    }
}
