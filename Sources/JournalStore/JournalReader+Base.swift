import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

extension JournalReader {
    /// A part that no extent has: the base's, or zeros where the base has nothing.
    func placeBase(_ part: Part) {
        do {
            guard let volume = try journal.base.volume(part.start.volume, of: journal.state, on: journal.host.loop)
            else {
                memset(part.target, 0, part.count)
                return
            }
            try placeBase(part, volume)
        } catch {
            let path = journal.base.files.folder.base(journal.base.files.set, part.start.volume)
            fail(part, finding(part, path, part.start.address * UInt64(StreamUnit.bytes), "\(error)"))
        }
    }

    private func placeBase(_ part: Part, _ volume: BaseVolume) throws(SystemError) {
        let begin = part.start.address * UInt64(StreamUnit.bytes)
        let block = UInt64(BaseFiles.block)
        // Behind the base's end the volume grew later.
        let end = min(begin + UInt64(part.count), max(begin, volume.length))
        let inside = Int(end - begin)
        memset(part.target + inside, 0, part.count - inside)
        guard inside > 0 else { return }
        let first = begin / block
        let count = Int((end + block - 1) / block - first)
        try volume.readSums(first, count, into: &sums)
        var from = 0
        while from < count {
            let isHole = sums[from] == 0
            var to = from + 1
            while to < count, (sums[to] == 0) == isHole, to - from < Self.baseBlocks { to += 1 }
            let low = max(begin, (first + UInt64(from)) * block)
            let high = min(end, (first + UInt64(to)) * block)
            let target = part.target + Int(low - begin)
            if isHole {
                memset(target, 0, Int(high - low))
            } else {
                let own = Part(
                    job: part.job, extent: nil,
                    start: ExtentKey(part.start.volume, address: low / UInt64(StreamUnit.bytes)),
                    units: UInt32((high - low) / UInt64(StreamUnit.bytes)), target: target)
                fetch(own, volume, low, high)
            }
            from = to
        }
    }

    /// Blocks of one transfer.
    private static let baseBlocks = 256

    private func fetch(_ part: Part, _ volume: BaseVolume, _ low: UInt64, _ high: UInt64) {
        let mask = UInt64(BaseFiles.block - 1)
        let isAligned = (low | high | UInt64(UInt(bitPattern: part.target))) & mask == 0
        let start = low & ~mask
        let count = Int(((high + mask) & ~mask) - start)
        add(
            .base(volume), volume.image, start, count, CollectionOfOne(part),
            directly: isAligned ? part.target : nil)
    }

    /// Judges the blocks of the base that were read.
    func takeBase(_ index: Int, _ volume: BaseVolume) {
        let transfer = transfers[index]
        guard let memory = transfer.memory, let part = transfer.parts.first else { return }
        let block = BaseFiles.block
        let first = transfer.offset / UInt64(block)
        let count = transfer.count / block
        do throws(SystemError) { try volume.readSums(first, count, into: &sums) } catch {
            return fail(part, finding(part, volume.sumsPath, first * 4, "\(error)"))
        }
        for number in 0..<count {
            let bytes = UnsafeRawBufferPointer(start: memory + number * block, count: block)
            let place = transfer.offset + UInt64(number * block)
            if BaseFiles.sum(bytes) == sums[number] || isBeingFolded(part.start.volume, place) { continue }
            if jobs[part.job].base != journal.state.base.ordinal {
                // A folding ended in between: it may have changed other parts of the block.
                jobs[part.job].base = journal.state.base.ordinal
                return placeBase(part)
            }
            fail(part, finding(part, volume.image.path, place, "the block's checksum is wrong"))
        }
        if transfer.isBuffered {
            let begin = part.start.address * UInt64(StreamUnit.bytes)
            memcpy(part.target, memory + Int(begin - transfer.offset), part.count)
        }
    }

    /// Whether a folding changes other parts of the block: then its sum says nothing until the folding is over. What
    /// the folding changes is never read from the base.
    private func isBeingFolded(_ volume: VolumeNumber, _ place: UInt64) -> Bool {
        let state = journal.state
        guard state.floor.ordinal > state.base.ordinal else { return false }
        let key = ExtentKey(volume, address: place / UInt64(StreamUnit.bytes))
        let end = key + UInt64(BaseFiles.block / StreamUnit.bytes)
        for run in journal.runs {
            do {
                guard
                    let image = try run.image(),
                    let touched = try ExtentLookup.firstTouched(
                        image, from: key, point: state.floor.ordinal, base: state.base.ordinal)
                else { continue }
                if touched < end { return true }
            } catch { return false }
        }
        return false
    }
}
