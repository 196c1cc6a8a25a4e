import BlockIO
import Checksum
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Whoever reads a point; told on the loop, never from within `read`.
protocol ReadClient: AnyObject {
    func readDone(_ token: UInt64, errno: Int32)
}

/// Reads ranges as they were at points: finds the newest extents, fetches their records by libaio, judges each record's
/// checksum and puts the bytes together. Nothing is allocated for a request once the tables have grown.
final class JournalReader: BlockClient, TurnEndHandler {
    /// A part of a request that a transfer brings.
    struct Part {
        let job: Int
        /// The record that has it; nil for the base.
        let extent: Extent?
        /// The part itself.
        let start: ExtentKey
        let units: UInt32
        let target: UnsafeMutableRawPointer

        var count: Int { Int(units) * StreamUnit.bytes }
        /// Bytes from the record's start.
        var skip: Int {
            extent.map { Int(start.value - $0.key.value) * StreamUnit.bytes } ?? 0
        }
    }

    struct Job {
        unowned(unsafe) var client: any ReadClient
        var token: UInt64
        var remaining: Int
        var errno: Int32
        /// What the base had when the part was looked for.
        var base: UInt64
    }

    struct Transfer {
        enum Source {
            case records
            case frame(FrameKey)
            case base(BaseVolume)
        }

        var source: Source
        var file: BlockFile
        /// Bytes from the file's start.
        var offset: UInt64
        var count: Int
        var memory: UnsafeMutableRawPointer?
        /// The memory is a buffer of the pool.
        var isBuffered: Bool
        var parts: [Part]
    }

    struct FrameKey: Hashable {
        let segment: UInt32
        let place: UInt32
    }

    unowned let journal: Journal
    var lookup = ExtentLookup()
    var jobs: [Job] = []
    private var freeJobs: [Int] = []
    var transfers: [Transfer] = []
    private var freeTransfers: [Int] = []
    private var waiting: [Int] = []
    private var finished: [Int] = []
    private var telling: [Int] = []
    private var group: [Part] = []
    private var groupSegment: UInt32 = 0
    private var groupRange = 0..<0
    var files: [UInt32: BlockFile] = [:]
    var frames = FrameCache()
    var frameLoads: [FrameKey: Int] = [:]
    var sums: [UInt32] = []

    /// Neighbouring records come in one transfer up to so many bytes, with at most so many of others between them.
    private static let groupLimit = 256 << 10
    private static let gapLimit = 16 << 10

    init(_ journal: Journal) { self.journal = journal }

    /// Reads a range into memory.
    ///
    /// - Parameter point: the journal's number of the last record that counts.
    func read(
        _ start: ExtentKey, units: UInt32, point: UInt64, into memory: UnsafeMutableRawPointer,
        for client: any ReadClient, token: UInt64
    ) {
        let index = addJob(Job(client: client, token: token, remaining: 1, errno: 0, base: journal.state.base.ordinal))
        do {
            try find(start, units, point)
            for piece in lookup.pieces {
                let target = memory + Int(piece.start.value - start.value) * StreamUnit.bytes
                place(
                    Part(job: index, extent: piece.extent, start: piece.start, units: piece.units, target: target))
            }
            closeGroup()
        } catch let finding as JournalFinding {
            journal.tell(.finding(finding))
            jobs[index].errno = EIO
        } catch { jobs[index].errno = EIO }
        finish(index)
    }

    /// Finds the pieces of a range; they stand in `lookup`.
    func find(_ start: ExtentKey, _ units: UInt32, _ point: UInt64) throws {
        lookup.begin(start, units: units, point: point, base: journal.state.base.ordinal)
        for segment in journal.open.reversed() where !lookup.isComplete { segment.index.search(&lookup) }
        for run in journal.runs.reversed() {
            if lookup.isComplete { break }
            guard let ordinals = run.footer.ordinals, lookup.wants(ordinals) else { continue }
            do {
                if let image = try run.image() { try lookup.search(image) }
            } catch {
                throw JournalFinding(
                    .index, file: run.path, offset: run.footer.indexStart, volume: start.volume,
                    address: start.address, units: UInt64(units), cause: "\(error)")
            }
        }
        lookup.finish()
    }

    // MARK: Parts

    private func place(_ part: Part) {
        guard let extent = part.extent else {
            closeGroup()
            return placeBase(part)
        }
        switch extent.content {
        case .zeros: memset(part.target, 0, part.count)
        case .plain(let place, _):
            let range = Int(place)..<Int(place) + Int(extent.units) * StreamUnit.bytes
            addToGroup(part, extent.segment, range)
        case .compressed(let frame, let blocks, _, _):
            closeGroup()
            placeFrame(part, extent.segment, Int(frame), Int(blocks) * FrameLimits.alignment)
        }
    }

    private func addToGroup(_ part: Part, _ segment: UInt32, _ range: Range<Int>) {
        if let first = group.first, first.extent != nil {
            let joint = min(groupRange.lowerBound, range.lowerBound)..<max(groupRange.upperBound, range.upperBound)
            let gap = max(range.lowerBound - groupRange.upperBound, groupRange.lowerBound - range.upperBound)
            if segment == groupSegment, joint.count <= Self.groupLimit, gap <= Self.gapLimit {
                groupRange = joint
                return group.append(part)
            }
            closeGroup()
        }
        groupSegment = segment
        groupRange = range
        group.append(part)
    }

    private func closeGroup() {
        guard !group.isEmpty else { return }
        if let file = file(of: groupSegment, for: group) {
            // No more around the records than the disk asks for: a record of 4 KiB lies across two of its pages.
            let block = file.geometry.blockSize
            let low = groupRange.lowerBound / block * block
            let high = (groupRange.upperBound + block - 1) / block * block
            add(.records, file, UInt64(low), high - low, group)
        }
        group.removeAll(keepingCapacity: true)
    }

    /// The file of a segment; without it the parts fail.
    func file(of segment: UInt32, for parts: [Part]) -> BlockFile? {
        if let open = journal.open.first(where: { $0.header.number == segment }) { return open.file }
        if let known = files[segment] { return known }
        let path = journal.folder.segment(segment)
        do throws(BlockFileError) {
            let file = try BlockFile(path, on: journal.host.loop, access: .readOnly)
            if files.count >= 128 { files.removeAll() }
            files[segment] = file
            return file
        } catch {
            for part in parts { fail(part, finding(part, path, 0, "\(error)")) }
            return nil
        }
    }

    // MARK: Transfers

    /// Begins a transfer, or lets it wait for a buffer.
    func add(
        _ source: Transfer.Source, _ file: BlockFile, _ offset: UInt64, _ count: Int, _ parts: some Sequence<Part>,
        directly memory: UnsafeMutableRawPointer? = nil
    ) {
        let index: Int
        if let free = freeTransfers.popLast() {
            index = free
            transfers[index].source = source
            transfers[index].file = file
            transfers[index].offset = offset
            transfers[index].count = count
        } else {
            index = transfers.count
            transfers.append(
                Transfer(
                    source: source, file: file, offset: offset, count: count, memory: nil, isBuffered: false, parts: [])
            )
        }
        transfers[index].parts.append(contentsOf: parts)
        transfers[index].memory = memory
        transfers[index].isBuffered = memory == nil
        for part in transfers[index].parts { jobs[part.job].remaining += 1 }
        if case .frame(let key) = source { frameLoads[key] = index }
        guard offset + UInt64(count) <= file.geometry.size else {
            return complete(index, "it ends at byte \(file.geometry.size)")
        }
        if !start(index) { waiting.append(index) }
    }

    /// A part that comes with a transfer that was begun for another one.
    func join(_ index: Int, _ part: Part) {
        transfers[index].parts.append(part)
        jobs[part.job].remaining += 1
    }

    private func start(_ index: Int) -> Bool {
        if transfers[index].memory == nil {
            guard let memory = journal.host.buffers.take(transfers[index].count) else { return false }
            transfers[index].memory = memory
        }
        let transfer = transfers[index]
        transfer.file.submit(
            BlockRequest(
                .read, offset: transfer.offset, length: transfer.count, memory: transfer.memory,
                token: UInt64(index)), for: self)
        return true
    }

    func completed(_ token: UInt64, errno: Int32) {
        complete(Int(token), errno == 0 ? nil : "\(SystemError(operation: "read", subject: "it", errno: errno))")
    }

    private func complete(_ index: Int, _ failure: String?) {
        if case .frame(let key) = transfers[index].source { frameLoads[key] = nil }
        if let failure {
            let transfer = transfers[index]
            for part in transfer.parts { fail(part, finding(part, transfer.file.path, transfer.offset, failure)) }
        } else {
            switch transfers[index].source {
            case .records: takeRecords(index)
            case .frame(let key): takeFrame(index, key)
            case .base(let volume): takeBase(index, volume)
            }
        }
        if transfers[index].isBuffered, let memory = transfers[index].memory {
            journal.host.buffers.give(memory, transfers[index].count)
        }
        transfers[index].memory = nil
        for part in transfers[index].parts { finish(part.job) }
        transfers[index].parts.removeAll(keepingCapacity: true)
        transfers[index].source = .records
        freeTransfers.append(index)
        startWaiting()
    }

    private func startWaiting() {
        while let next = waiting.first, start(next) { waiting.removeFirst() }
    }

    private func takeRecords(_ index: Int) {
        let transfer = transfers[index]
        guard let memory = transfer.memory else { return }
        var judged: UInt64 = 0
        for part in transfer.parts {
            guard let extent = part.extent, case .plain(let place, let checksum) = extent.content else { continue }
            let start = memory + (Int(place) - Int(transfer.offset))
            if extent.ordinal != judged {
                let record = UnsafeRawBufferPointer(start: start, count: Int(extent.units) * StreamUnit.bytes)
                guard CRC32C(of: record).value == checksum else {
                    fail(part, finding(part, transfer.file.path, UInt64(place), "the record's checksum is wrong"))
                    continue
                }
                judged = extent.ordinal
            }
            memcpy(part.target, start + part.skip, part.count)
        }
    }

    // MARK: Ends

    func fail(_ part: Part, _ finding: JournalFinding) {
        jobs[part.job].errno = EIO
        journal.tell(.finding(finding))
    }

    func finding(_ part: Part, _ path: String, _ offset: UInt64, _ cause: String) -> JournalFinding {
        JournalFinding(
            part.extent == nil ? .base : .frame, file: path, offset: offset, volume: part.start.volume,
            address: part.start.address, units: UInt64(part.units), ordinal: part.extent?.ordinal ?? 0, cause: cause)
    }

    private func addJob(_ job: Job) -> Int {
        if let free = freeJobs.popLast() {
            jobs[free] = job
            return free
        }
        jobs.append(job)
        return jobs.count - 1
    }

    private func finish(_ index: Int) {
        jobs[index].remaining -= 1
        guard jobs[index].remaining == 0 else { return }
        if finished.isEmpty { journal.host.loop.atEndOfTurn(self) }
        finished.append(index)
    }

    func turnEnded() {
        swap(&finished, &telling)
        for index in telling {
            let job = jobs[index]
            freeJobs.append(index)
            job.client.readDone(job.token, errno: job.errno)
        }
        telling.removeAll(keepingCapacity: true)
    }
}
