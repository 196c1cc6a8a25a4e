import Checksum
import Primitives
import StreamProtocol

/// A small journal: frames in segments, a footer with the index when a segment is full, a base image with a checksum
/// for each sector, and a state that says up to where the base has everything.
struct JournalModel {
    struct Entry {
        var segment: Int
        var offset: Int
        var length: Int
        /// Of a frame; 0 of an entry that begins a generation.
        var first: UInt64
        var end: StreamPosition
        var isPoint: Bool
        /// Of an entry that begins a generation.
        var predecessor: StreamPosition?
    }

    struct Segment {
        let number: Int
        var disk = SimDisk(sectors: JournalModel.segmentLength / SimDisk.sector)
        var isSealed = false
    }

    enum Damage: Error {
        case frame(StreamMark)
        case base(sector: Int)
    }

    static let block = 4_096
    static let segmentLength = 16 * block
    static let footerStart = 15 * block

    let sectors: Int
    var base: SimDisk
    var sums: SimDisk
    var state = SimDisk(sectors: 2)
    var segments: [Segment] = []
    var entries: [Entry] = []
    var basePosition = StreamPosition.none
    var basePredecessor = StreamPosition.none
    var isBaseConsistent = true
    var stateCount: UInt64 = 0
    var nextSegment = 0
    var fill = 0

    init(sectors: Int) {
        self.sectors = sectors
        base = SimDisk(sectors: sectors)
        sums = SimDisk(sectors: (sectors * 8 + 511) / 512)
        let zero = Self.sum(of: ArraySlice([UInt8](repeating: 0, count: 512)))
        for sector in 0..<sectors { writeSum(zero, sector) }
        sums.flush()
        writeState()
    }

    var end: StreamPosition { entries.last { $0.predecessor == nil }?.end ?? basePosition }
    var predecessor: StreamPosition {
        entries.last { $0.predecessor != nil && $0.end.generation == end.generation }?.predecessor ?? basePredecessor
    }
    var consistent: StreamPosition? {
        entries.last(where: \.isPoint)?.end ?? (isBaseConsistent ? basePosition : nil)
    }
    var branches: [(Generation, StreamPosition)] {
        var list = basePosition == .none ? [] : [(basePosition.generation, basePredecessor)]
        for entry in entries {
            if let predecessor = entry.predecessor { list.append((entry.end.generation, predecessor)) }
        }
        return list
    }

    // MARK: Appending

    mutating func append(frame: [UInt8], first: UInt64, end: StreamPosition, isPoint: Bool, plant: ReplicationPlant?) {
        add(
            Entry(segment: 0, offset: 0, length: frame.count, first: first, end: end, isPoint: isPoint), frame,
            plant: plant)
    }

    mutating func begin(_ generation: Generation, after predecessor: StreamPosition, plant: ReplicationPlant?) {
        // Asked for again after a restart.
        if let last = entries.last, last.predecessor != nil, last.end.generation == generation { return }
        let end = StreamPosition(generation: generation, sequence: 0, digest: predecessor.digest)
        let entry = Entry(
            segment: 0, offset: 0, length: Self.block, first: 0, end: end, isPoint: false, predecessor: predecessor)
        add(entry, JournalBytes.block(JournalBytes.entry(entry), magic: JournalBytes.beginMagic), plant: plant)
    }

    private mutating func add(_ entry: Entry, _ bytes: [UInt8], plant: ReplicationPlant?) {
        if segments.isEmpty || fill + bytes.count > Self.footerStart {
            if plant == .footerBeforeData, let last = segments.indices.last {
                segments[last].disk.writeThrough(footer(of: segments[last]), at: Self.footerStart)
            }
            segments.append(Segment(number: nextSegment))
            nextSegment += 1
            fill = 0
        }
        var entry = entry
        let last = segments.count - 1
        entry.segment = segments[last].number
        entry.offset = fill
        segments[last].disk.write(bytes, at: fill)
        fill += bytes.count
        entries.append(entry)
    }

    /// Group commit; full segments get their footers, behind their data.
    mutating func flush() {
        for index in segments.indices where !segments[index].isSealed {
            segments[index].disk.flush()
            guard index < segments.count - 1 else { continue }
            segments[index].disk.write(footer(of: segments[index]), at: Self.footerStart)
            segments[index].disk.flush()
            segments[index].isSealed = true
        }
    }

    private func footer(of segment: Segment) -> [UInt8] {
        let own = entries.filter { $0.segment == segment.number }
        return JournalBytes.block(own.flatMap { JournalBytes.entry($0) }, magic: JournalBytes.footerMagic)
    }

    /// Everything up to here is on the disk itself.
    func isFlushed(through mark: StreamMark) -> Bool {
        entries.allSatisfy { entry in
            guard StreamMark(entry.end) <= mark else { return true }
            return segments.first { $0.number == entry.segment }?.disk.isFlushed(
                entry.offset..<entry.offset + entry.length) ?? false
        }
    }

    mutating func truncate(to position: StreamPosition) {
        entries.removeAll { StreamMark($0.end) > StreamMark(position) && $0.predecessor == nil }
        let lastSegment = entries.last?.segment ?? -1
        segments.removeAll { $0.number > lastSegment }
        fill = entries.last.map { $0.offset + $0.length } ?? 0
        // What was sealed takes nothing any more.
        if let last = segments.last, last.isSealed { fill = Self.segmentLength }
    }

    // MARK: Reading

    func frame(_ entry: Entry) throws(Damage) -> [UInt8] {
        guard let segment = segments.first(where: { $0.number == entry.segment }) else {
            throw .frame(StreamMark(entry.end))
        }
        let bytes = Array(segment.disk.bytes[entry.offset..<entry.offset + entry.length])
        let isSound = bytes.withUnsafeBytes { bytes in
            do throws(StreamFormatError) {
                let frame = try Frame(judging: bytes)
                try frame.check(raw: frame.storedPayload)
                return frame.header.firstSequence == entry.first && frame.header.lastSequence == entry.end.sequence
                    && frame.header.generation == entry.end.generation
            } catch {
                return false
            }
        }
        guard isSound else { throw .frame(StreamMark(entry.end)) }
        return bytes
    }

    /// What all sectors are as of a point.
    func contents(at point: StreamMark) throws(Damage) -> [UInt64] {
        var tags = [UInt64?](repeating: nil, count: sectors)
        for entry in entries where entry.predecessor == nil && StreamMark(entry.end) <= point {
            guard StreamMark(entry.end) > StreamMark(basePosition) else { continue }
            Self.apply(try frame(entry), to: &tags)
        }
        var result: [UInt64] = []
        for sector in 0..<sectors {
            if let tag = tags[sector] {
                result.append(tag)
            } else {
                guard sum(sector) == Self.sum(of: base.bytes[sector * 512..<sector * 512 + 512]) else {
                    throw .base(sector: sector)
                }
                result.append(SectorContents.tag(of: base.bytes, sector: sector))
            }
        }
        return result
    }

    /// A frame that was judged.
    static func apply(_ bytes: [UInt8], to tags: inout [UInt64?]) {
        bytes.withUnsafeBytes { bytes in
            guard let header = try? FrameHeader(reading: bytes) else { return }  // judged before
            let frame = Frame(trusted: bytes, header: header)
            let payload = frame.storedPayload
            for number in 0..<header.recordCount {
                let record = frame.record(number)
                guard record.kind.changesData else { continue }
                let start = Int(record.address) + Int(record.volume.number) * ReplicationWorld.sectorsOfVolume
                for index in 0..<Int(record.units) {
                    tags[start + index] =
                        record.kind.hasPayload
                        ? UInt64(
                            littleEndian: payload.loadUnaligned(
                                fromByteOffset: record.offset + index * 512, as: UInt64.self)) : 0
                }
            }
        }
    }

    // MARK: Base

    static func sum(of sector: ArraySlice<UInt8>) -> UInt64 { sector.withUnsafeBytes { XXH3(of: $0).value } }

    private func sum(_ sector: Int) -> UInt64 {
        sums.bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: sector * 8, as: UInt64.self))
        }
    }

    private mutating func writeSum(_ sum: UInt64, _ sector: Int) {
        let start = sector * 8 / 512 * 512
        var block = Array(sums.bytes[start..<start + 512])
        withUnsafeBytes(of: sum.littleEndian) {
            block.replaceSubrange(sector * 8 - start..<sector * 8 - start + 8, with: $0)
        }
        sums.write(block, at: start)
    }

    mutating func writeBase(_ tag: UInt64, sector: Int) {
        let bytes = SectorContents.bytes(of: [tag])
        base.write(bytes, at: sector * 512)
        writeSum(Self.sum(of: bytes[...]), sector)
    }

    /// Two places in turn, so that one is whole whatever happens.
    mutating func writeState() {
        stateCount += 1
        state.write(JournalBytes.state(of: self), at: Int(stateCount % 2) * 512)
        state.flush()
    }

    mutating func cutPower(using random: inout SeededRandom) {
        base.cutPower(using: &random)
        sums.cutPower(using: &random)
        state.cutPower(using: &random)
        for index in segments.indices { segments[index].disk.cutPower(using: &random) }
    }
}
