import Primitives
import ReplicationCore
import StreamProtocol

/// Production: writes and flushes of the protected machine, and how they enter the stream.
extension ReplicationWorld {
    func takeClientTurn() {
        guard phase == .quiet || phase == .chaos else { return }
        schedule(.clientTurn, within: 300, 9_000)
        guard source.isUp, source.core != nil else { return }
        if random.chance(1, in: 7), !source.isFlushing {
            source.isFlushing = true
            schedule(.flushDone(life: source.life), within: 100, 3_000)
        } else if random.chance(1, in: 60) {
            tell(random.chance(1, in: 2) ? .cutRequested : .bookmarkRequested(Self.bookmark))
        } else {
            beginWrite()
        }
    }

    static let bookmark: BookmarkText = {
        guard let text = BookmarkText("before the update") else { preconditionFailure("an impossible bookmark") }
        return text
    }()

    private func beginWrite() {
        let count = 1 + random.index(below: 6)
        // Half of all writes go to a few places again and again.
        let room = random.chance(1, in: 2) ? 24 : Self.sectorsOfVolume - count
        let volume = random.index(below: Self.volumes)
        let sector = volume * Self.sectorsOfVolume + random.index(below: room)
        let isZero = random.chance(1, in: 8)
        let tags = (0..<count).map { isZero ? 0 : nextTag + UInt64($0) }
        nextTag += UInt64(count)
        let write = SourceModel.Write(sector: sector, tags: tags, isForced: random.chance(1, in: 20))
        guard !source.isUnderWay(SourceModel.blocks(of: write)), source.underWay.count < 6 else { return }
        source.underWay.append(write)
        if source.intent.isSuperset(of: SourceModel.regions(of: write)) {
            schedule(.writeDone(life: source.life, write), within: 50, 1_500)
        } else {
            schedule(.intentNoted(life: source.life, write), within: 100, 1_000)
        }
    }

    /// The mark is on the disk before the write goes to it.
    func noteIntent(_ write: SourceModel.Write) {
        source.intent.formUnion(SourceModel.regions(of: write))
        schedule(.writeDone(life: source.life, write), within: 50, 1_500)
    }

    func complete(_ write: SourceModel.Write) {
        source.disk.write(SectorContents.bytes(of: write.tags), at: write.sector * SimDisk.sector)
        if write.isForced { source.disk.flush() }
        let isZero = write.tags.allSatisfy { $0 == 0 }
        enter(write.isForced ? .forcedWrite : isZero ? .zero : .write, sector: write.sector, tags: write.tags)
        source.underWay.removeAll { $0.sector == write.sector && $0.tags == write.tags }
    }

    func completeFlush() {
        source.isFlushing = false
        source.disk.flush()
        enter(.flush)
    }

    // MARK: The stream

    func enter(_ kind: RecordKind, sector: Int = 0, tags: [UInt64] = []) {
        let write = SourceModel.Write(sector: sector, tags: tags, isForced: false)
        guard source.recording != .marks, source.generation != nil else {
            guard kind.changesData else { return }
            let blocks = SourceModel.blocks(of: write)
            source.marks.formUnion(blocks)
            source.compared.removeAll { blocks.contains($0) }
            for region in SourceModel.regions(of: write) { source.lastWritten[region] = nil }
            source.isConsistent = false
            return
        }
        let length = kind.hasPayload ? max(1, tags.count) * 512 : 0
        let isFull =
            source.encoder.payloadLength > 0 && source.encoder.payloadLength + length > SourceModel.payloadLimit
        if isFull || !source.encoder.takes(payload: length) { closeFrame() }
        if source.encoder.isEmpty {
            source.frameVersion += 1
            schedule(.frameDue(life: source.life, version: source.frameVersion), after: .milliseconds(5))
        }
        put(kind, sector: sector, tags: tags)
        source.sequence += 1
        let mark = StreamMark(generation: source.generation ?? Generation(0), sequence: source.sequence)
        if kind.changesData { for region in SourceModel.regions(of: write) { source.lastWritten[region] = mark } }
        guard kind.isBarrier else { return }
        if source.isConsistent { checks.points[mark] = SectorContents.fingerprint(source.tags) }
        closeFrame()
    }

    private func put(_ kind: RecordKind, sector: Int, tags: [UInt64]) {
        let volume = VolumeNumber(UInt16(sector / Self.sectorsOfVolume))
        let address = UInt64(sector % Self.sectorsOfVolume)
        guard kind.hasPayload else {
            return source.encoder.append(kind, volume: volume, address: address, units: UInt32(tags.count))
        }
        let payload =
            switch kind {
            case .mark: Self.bookmark.bytes
            case .configuration:
                VolumeChange(size: UInt64(Self.sectorsOfVolume * 512), blockSize: 512, name: "disk").bytes
            default: SectorContents.bytes(of: tags)
            }
        payload.withUnsafeBytes { source.encoder.append(kind, volume: volume, address: address, payload: $0) }
    }

    func closeFrame() {
        guard !source.encoder.isEmpty, let generation = source.generation else { return }
        let first = source.sequence - UInt64(source.encoder.recordCount) + 1
        let header = FrameHeader(
            flags: source.isConsistent ? [] : .notConsistent, machine: Self.machine, generation: generation,
            firstSequence: first, writeEpoch: source.writeEpoch, bytesAhead: source.bytesAhead,
            wallClock: UInt64(now.nanoseconds), monotonicClock: UInt64(now.nanoseconds))
        source.bytesAhead += UInt64(source.encoder.payloadLength)
        if source.encoder.endsEpoch { source.writeEpoch += 1 }
        let bytes = source.encoder.seal(header)
        let digest = source.digest
        do throws(StreamFormatError) {
            source.digest = digest.following(try Frame(judging: bytes))
        } catch {
            preconditionFailure("the source made a frame that is not one: \(error)")
        }
        source.frames[source.sequence] = Array(bytes)
        source.encoder.removeAll()
        source.frameVersion += 1
        let end = StreamPosition(generation: generation, sequence: source.sequence, digest: source.digest)
        tell(.frameClosed(ClosedFrame(first: first, end: end, bytes: bytes.count, wallClock: header.wallClock)))
    }
}
