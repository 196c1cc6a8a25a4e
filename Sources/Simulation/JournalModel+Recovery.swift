import Checksum
import Primitives
import StreamProtocol

/// Finding again what was there, and folding old frames into the base.
extension JournalModel {
    /// After a start: everything that was flushed, up to the first frame that is not whole.
    mutating func recover() {
        stateCount = 0
        for slot in 0..<2 {
            guard let found = JournalBytes.readState(Array(state.bytes[slot * 512..<slot * 512 + 512])),
                found.count > stateCount
            else { continue }
            (stateCount, basePosition, basePredecessor, isBaseConsistent) = (
                found.count, found.position, found.predecessor, found.isConsistent
            )
        }
        var walk = Walk(position: basePosition, opened: basePosition.generation)
        entries = []
        for index in segments.indices {
            let before = entries.count
            let isWhole = read(segments[index], &walk)
            segments[index].isSealed = isWhole
            if !isWhole || entries.count == before && !walk.isOn {
                // What follows may hold pieces of a later frame.
                segments.removeSubrange((index + 1)...)
                break
            }
        }
        fill = entries.last.map { $0.offset + $0.length } ?? 0
        if segments.last?.number != entries.last?.segment { fill = segments.isEmpty ? 0 : Self.segmentLength }
        if segments.last?.isSealed == true { fill = Self.segmentLength }
    }

    private struct Walk {
        var position: StreamPosition
        var opened: Generation
        /// The frames come one after the other.
        var isOn = true

        mutating func takes(_ entry: Entry) -> Bool {
            if let predecessor = entry.predecessor {
                guard predecessor == position, entry.end.generation > opened else { return false }
                opened = entry.end.generation
                return true
            }
            let next = opened > position.generation ? 1 : position.sequence + 1
            guard entry.end.generation == opened, entry.first == next else { return false }
            position = entry.end
            return true
        }
    }

    /// - Returns: whether the segment has its footer.
    private mutating func read(_ segment: Segment, _ walk: inout Walk) -> Bool {
        if let list = JournalBytes.readFooter(Array(segment.disk.bytes[Self.footerStart...]), segment: segment.number) {
            for entry in list where StreamMark(entry.end) > StreamMark(basePosition) {
                guard walk.takes(entry) else {
                    walk.isOn = false
                    return true
                }
                entries.append(entry)
            }
            return true
        }
        var offset = 0
        while offset < Self.footerStart, let entry = scan(segment, at: offset, walk) {
            offset += entry.length
            guard StreamMark(entry.end) > StreamMark(basePosition) else { continue }
            guard walk.takes(entry) else { break }
            entries.append(entry)
        }
        return false
    }

    /// The entry at this place, if there is a whole one.
    private func scan(_ segment: Segment, at offset: Int, _ walk: Walk) -> Entry? {
        let rest = Array(segment.disk.bytes[offset..<Self.footerStart])
        if let entry = JournalBytes.readBegin(rest, segment: segment.number, offset: offset) { return entry }
        return rest.withUnsafeBytes { bytes in
            guard let frame = try? Frame(judging: bytes) else { return nil }  // the journal ends here
            let header = frame.header
            return Entry(
                segment: segment.number, offset: offset, length: bytes.count - (bytes.count - header.frameLength),
                first: header.firstSequence,
                end: StreamPosition(
                    generation: header.generation, sequence: header.lastSequence,
                    digest: walk.position.digest.following(frame)),
                isPoint: header.flags.contains(.endsEpoch) && !header.flags.contains(.notConsistent))
        }
    }

    // MARK: Folding

    /// Which frames may go into the base: sealed epochs only, and some are left for the other node.
    func foldTarget(leaving count: Int, plant: ReplicationPlant?) -> StreamPosition? {
        let frames = entries.filter { $0.predecessor == nil }
        guard frames.count > 2 * count else { return nil }
        let old = frames.dropLast(count)
        let last = plant == .foldingAcrossUnsealedEpoch ? frames.last : old.last(where: \.isPoint)
        guard let last, isFlushed(through: StreamMark(last.end)) else { return nil }
        return last.end
    }

    /// - Returns: whether all frames could be read.
    mutating func foldData(to target: StreamPosition) -> Bool {
        var tags = [UInt64?](repeating: nil, count: sectors)
        for entry in entries where entry.predecessor == nil && StreamMark(entry.end) <= StreamMark(target) {
            do throws(Damage) {
                Self.apply(try frame(entry), to: &tags)
            } catch {
                return false
            }
        }
        for sector in 0..<sectors { if let tag = tags[sector] { writeBase(tag, sector: sector) } }
        return true
    }

    mutating func flushBase() {
        base.flush()
        sums.flush()
    }

    /// The base has everything up to here: frames from before can go.
    mutating func advance(to target: StreamPosition) {
        let own = entries.last { $0.predecessor != nil && $0.end.generation == target.generation }
        basePredecessor = own?.predecessor ?? basePredecessor
        isBaseConsistent = entries.first { $0.end == target }?.isPoint ?? isBaseConsistent
        basePosition = target
        writeState()
        entries.removeAll { StreamMark($0.end) <= StreamMark(target) }
        let first = entries.first?.segment ?? segments.last?.number ?? 0
        segments.removeAll { $0.number < first }
    }
}

/// The few structures of the journal that are not frames.
enum JournalBytes {
    static let beginMagic: UInt32 = 0x31_4253_4B
    static let footerMagic: UInt32 = 0x31_4653_4B
    private static let entryLength = 4 * 8 + 1 + 2 * 48
    private static let positionLength = 48

    static func entry(_ entry: JournalModel.Entry) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [UInt64(entry.offset), UInt64(entry.length), entry.first, entry.predecessor == nil ? 0 : 1] {
            put(number, &bytes)
        }
        bytes.append(entry.isPoint ? 1 : 0)
        put(entry.end, &bytes)
        put(entry.predecessor ?? .none, &bytes)
        return bytes
    }

    /// 4096 bytes: magic, length, contents, their checksum.
    static func block(_ contents: [UInt8], magic: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        put(UInt64(magic), &bytes)
        put(UInt64(contents.count), &bytes)
        bytes += contents
        put(UInt64(bytes.withUnsafeBytes { CRC32C(of: $0).value }), &bytes)
        return bytes + [UInt8](repeating: 0, count: JournalModel.block - bytes.count)
    }

    private static func contents(_ block: ArraySlice<UInt8>, magic: UInt32) -> [UInt8]? {
        let bytes = Array(block)
        guard number(bytes, 0) == UInt64(magic) else { return nil }
        let count = Int(min(number(bytes, 8), UInt64(JournalModel.block - 24)))
        guard number(bytes, 16 + count) == UInt64(bytes[..<(16 + count)].withUnsafeBytes { CRC32C(of: $0).value })
        else {
            return nil
        }
        return Array(bytes[16..<16 + count])
    }

    static func readFooter(_ bytes: [UInt8], segment: Int) -> [JournalModel.Entry]? {
        guard let contents = contents(bytes[...], magic: footerMagic) else { return nil }
        return stride(from: 0, to: contents.count, by: entryLength).map { readEntry(contents, $0, segment: segment) }
    }

    static func readBegin(_ bytes: [UInt8], segment: Int, offset: Int) -> JournalModel.Entry? {
        guard bytes.count >= JournalModel.block,
            let contents = contents(bytes[..<JournalModel.block], magic: beginMagic)
        else { return nil }
        var entry = readEntry(contents, 0, segment: segment)
        entry.offset = offset
        return entry
    }

    private static func readEntry(_ bytes: [UInt8], _ start: Int, segment: Int) -> JournalModel.Entry {
        JournalModel.Entry(
            segment: segment, offset: Int(number(bytes, start)), length: Int(number(bytes, start + 8)),
            first: number(bytes, start + 16), end: position(bytes, start + 33), isPoint: bytes[start + 32] == 1,
            predecessor: number(bytes, start + 24) == 1 ? position(bytes, start + 33 + positionLength) : nil)
    }

    static func state(of journal: JournalModel) -> [UInt8] {
        var bytes: [UInt8] = []
        put(journal.stateCount, &bytes)
        put(journal.basePosition, &bytes)
        put(journal.basePredecessor, &bytes)
        bytes.append(journal.isBaseConsistent ? 1 : 0)
        put(UInt64(bytes.withUnsafeBytes { CRC32C(of: $0).value }), &bytes)
        return bytes + [UInt8](repeating: 0, count: 512 - bytes.count)
    }

    static func readState(
        _ bytes: [UInt8]
    ) -> (count: UInt64, position: StreamPosition, predecessor: StreamPosition, isConsistent: Bool)? {
        let end = 8 + 2 * positionLength + 1
        guard number(bytes, end) == UInt64(bytes[..<end].withUnsafeBytes { CRC32C(of: $0).value }) else { return nil }
        return (number(bytes, 0), position(bytes, 8), position(bytes, 8 + positionLength), bytes[end - 1] == 1)
    }

    private static func put(_ number: UInt64, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    private static func put(_ position: StreamPosition, _ bytes: inout [UInt8]) {
        put(position.generation.number, &bytes)
        put(position.sequence, &bytes)
        bytes += position.digest.bytes
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }

    private static func position(_ bytes: [UInt8], _ offset: Int) -> StreamPosition {
        StreamPosition(
            generation: Generation(number(bytes, offset)), sequence: number(bytes, offset + 8),
            digest: ChainDigest(Array(bytes[offset + 16..<offset + 48])))
    }
}
