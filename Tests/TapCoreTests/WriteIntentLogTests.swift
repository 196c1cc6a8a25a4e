import Primitives
import TapCore
import Testing

@Suite struct WriteIntentLogTests {
    static let format = IntentFormat(size: 64 * 4096, regionSize: 4096)

    private func expectBegin(
        _ log: inout WriteIntentLog, _ offset: UInt64, _ length: UInt64, ready: Bool, _ reason: Comment? = nil
    ) {
        let isReady = log.begin(offset: offset, length: length)
        #expect(isReady == ready, reason)
    }

    @Test func aWriteWaitsForTheMark() {
        var log = WriteIntentLog(format: Self.format, marked: RegionSet(count: Self.format.regions))
        expectBegin(&log, 0, 4096, ready: false)
        let first = log.nextPage()
        let second = log.nextPage()
        #expect(first != nil && second == nil)
        #expect(!log.mayGo(offset: 0, length: 4096))
        log.pageWritten()
        #expect(log.mayGo(offset: 0, length: 4096))
        expectBegin(&log, 512, 512, ready: true)
    }

    @Test func aRegionIsUnmarkedOnceTheReplicaHasItAndItIsCold() {
        var log = WriteIntentLog(format: Self.format, marked: RegionSet(count: Self.format.regions))
        let nothing = ChangedBlocks(size: Self.format.size)
        _ = log.begin(offset: 0, length: 4096)
        _ = log.nextPage()
        log.pageWritten()
        log.sweep(acknowledged: 99, changed: nothing)
        log.sweep(acknowledged: 99, changed: nothing)
        #expect(log.marked.contains(0), "a write is under way")
        log.end(offset: 0, length: 4096, record: 7)
        log.sweep(acknowledged: 6, changed: nothing)
        #expect(log.marked.contains(0), "the replica does not have it")
        var changed = nothing
        changed.mark(offset: 0, length: 512)
        log.sweep(acknowledged: 7, changed: changed)
        #expect(log.marked.contains(0), "the stream does not carry it")
        log.sweep(acknowledged: 7, changed: nothing)
        #expect(!log.marked.contains(0))
    }

    @Test func aWriteWhileTheUnmarkingIsOnItsWayWaits() {
        var log = WriteIntentLog(format: Self.format, marked: .all(Self.format.regions))
        log.sweep(acknowledged: 0, changed: ChangedBlocks(size: Self.format.size))
        expectBegin(&log, 0, 512, ready: true, "the file still has the mark, and the next page keeps it")
        _ = log.nextPage()
        expectBegin(&log, 0, 512, ready: true)
        expectBegin(&log, 4096, 512, ready: false, "the page on its way takes this mark away")
        log.pageWritten()
        #expect(!log.mayGo(offset: 4096, length: 512))
        _ = log.nextPage()
        log.pageWritten()
        #expect(log.mayGo(offset: 4096, length: 512))
    }

    @Test func aTornPageMarksItsRegions() {
        let format = IntentFormat(size: 40_000 * 4096, regionSize: 4096)
        #expect(format.pages == 2)
        var marked = RegionSet(count: format.regions)
        marked.insert(3)
        marked.insert(39_000)
        var file = format.encode(0, marked) + format.encode(1, marked)
        #expect(format.decode(file) == marked)
        file[4096 + 700] ^= 1
        let read = format.decode(file)
        #expect(read.contains(3) && !read.contains(4))
        #expect(read.population == 1 + format.regions - 32_512)
        #expect(format.decode([]) == .all(format.regions))
        #expect(IntentFormat(size: 40_000 * 4096, regionSize: 8192).decode(file).contains(4), "another geometry")
    }

    /// A disk, a log and a replica as a model: at random moments the source crashes, with its page write done or not
    /// and each write under way on the disk or not. Every region that differs from the replica must be marked.
    @Test(arguments: 0..<200) func whatDiffersIsMarked(seed: Int) {
        var model = IntentModel(seed: UInt64(seed))
        for _ in 0..<400 { model.step() }
        #expect(model.crashes > 0)
        #expect(model.unmarkedDifferences == 0)
    }
}

/// Contents are numbers, one for each region.
private struct IntentModel {
    let format = WriteIntentLogTests.format
    var random: SeededRandom
    var log: WriteIntentLog
    var changed: ChangedBlocks
    var file: [UInt8]
    var page: [UInt8]?
    var disk: [Int]
    var replica: [Int]
    var records: [(region: Int, value: Int)] = []
    var acknowledged = 0
    var writes: [(region: Int, value: Int, isOnItsWay: Bool)] = []
    var crashes = 0
    var unmarkedDifferences = 0
    var value = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        let none = RegionSet(count: format.regions)
        log = WriteIntentLog(format: format, marked: none)
        changed = ChangedBlocks(size: format.size)
        file = format.encode(0, none)
        disk = [Int](repeating: 0, count: format.regions)
        replica = disk
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: begin()
        case 35..<60: end()
        case 60..<75: turnPage()
        case 75..<88: acknowledge()
        case 88..<97: log.sweep(acknowledged: UInt64(acknowledged), changed: changed)
        default: crash()
        }
    }

    private mutating func begin() {
        let region = Int.random(in: 0..<8, using: &random)
        guard !writes.contains(where: { $0.region == region }) else { return }
        value += 1
        writes.append((region, value, log.begin(offset: UInt64(region) * 4096, length: 512)))
    }

    private mutating func end() {
        guard let index = writes.firstIndex(where: \.isOnItsWay) else { return }
        let write = writes.remove(at: index)
        disk[write.region] = write.value
        let offset = UInt64(write.region) * 4096
        if Int.random(in: 0..<5, using: &random) == 0 {
            changed.mark(offset: offset, length: 512)
            log.end(offset: offset, length: 512, record: 0)
        } else {
            records.append((write.region, write.value))
            log.end(offset: offset, length: 512, record: UInt64(records.count))
        }
    }

    private mutating func turnPage() {
        if let bytes = page {
            file = bytes
            page = nil
            log.pageWritten()
            for index in writes.indices where log.mayGo(offset: UInt64(writes[index].region) * 4096, length: 512) {
                writes[index].isOnItsWay = true
            }
        } else {
            page = log.nextPage()?.bytes
        }
    }

    private mutating func acknowledge() {
        guard acknowledged < records.count else { return }
        let upTo = Int.random(in: acknowledged + 1...records.count, using: &random)
        for record in records[acknowledged..<upTo] { replica[record.region] = record.value }
        acknowledged = upTo
    }

    private mutating func crash() {
        crashes += 1
        for write in writes where write.isOnItsWay && Bool.random(using: &random) { disk[write.region] = write.value }
        if let page, Bool.random(using: &random) { file = page }
        let marked = format.decode(file)
        for region in disk.indices where disk[region] != replica[region] && !marked.contains(region) {
            unmarkedDifferences += 1
        }
        // The comparison of what is marked brings both level.
        marked.forEach { replica[$0] = disk[$0] }
        writes = []
        page = nil
        records = []
        acknowledged = 0
        changed = ChangedBlocks(size: format.size)
        log = WriteIntentLog(format: format, marked: marked)
    }
}
