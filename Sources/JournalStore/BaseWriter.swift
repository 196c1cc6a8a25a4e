import CLinux
import Checksum
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Writes into one volume's image of the base and keeps its checksums.
final class BaseWriter {
    private let volume: JournalVolume
    private let imagePath: String
    private let sumsPath: String
    private let image: OwnedDescriptor
    private let sums: OwnedDescriptor
    private let batch: DirectBatch
    private let isRepeated: Bool
    /// Gets what is written over.
    private let kept: KeptBlocks?
    private let length: UInt64

    private static let block = BaseFiles.block
    private static let blocks = BaseChunk.length / BaseFiles.block
    private static let unitsPerBlock = BaseFiles.block / StreamUnit.bytes

    /// - Throws: `SystemError`.
    init(
        _ volume: JournalVolume, _ files: BaseFiles, _ batch: DirectBatch, isRepeated: Bool = false,
        kept: KeptBlocks? = nil
    ) throws(SystemError) {
        self.kept = kept
        self.volume = volume
        self.batch = batch
        self.isRepeated = isRepeated
        imagePath = files.folder.base(files.set, volume.number)
        sumsPath = files.folder.sums(files.set, volume.number)
        image = OwnedDescriptor(taking: try DirectFile.open(imagePath, flags: O_RDWR))
        sums = try OwnedDescriptor.open(sumsPath, flags: O_RDWR)
        length = try image.length(subject: imagePath)
    }

    /// What is known of a chunk while it is put together.
    private struct Work {
        let chunk: BaseChunk
        let memory: UnsafeMutableRawPointer
        /// Of the chunk's blocks, as they stand on the disk.
        var sums: [UInt32]
        /// Units of each block that change.
        var covered: [Int]
        var blockCount: Int
    }

    /// Writes chunks whose extents' bytes are fetched here.
    ///
    /// - Throws: `JournalFinding`, `SystemError`.
    func write(_ chunks: [BaseChunk], _ fetch: inout RecordFetch) throws {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: chunks.count * BaseChunk.length, alignment: BaseFiles.block)
        defer { memory.deallocate() }
        var works: [Work] = []
        for (index, chunk) in chunks.enumerated() {
            works.append(try begin(chunk, memory + index * BaseChunk.length))
        }
        if let kept { try keep(works, in: kept) }
        try readOld(works)
        var parts: [RecordFetch.Part] = []
        for work in works { place(work, &parts) }
        try fetch.fetch(parts)
        try finish(works)
    }

    private func begin(_ chunk: BaseChunk, _ memory: UnsafeMutableRawPointer) throws(SystemError) -> Work {
        let first = chunk.start * UInt64(StreamUnit.bytes) / UInt64(Self.block)
        let count = Int(min(UInt64(Self.blocks), length / UInt64(Self.block) - first))
        let bytes = try sums.readRange(first * 4..<(first + UInt64(count)) * 4, subject: sumsPath)
        let own = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        var covered = [Int](repeating: 0, count: count)
        for piece in chunk.pieces {
            var unit = Int(piece.start.address - chunk.start)
            let end = unit + Int(piece.units)
            while unit < end {
                let next = min(end, (unit / Self.unitsPerBlock + 1) * Self.unitsPerBlock)
                covered[unit / Self.unitsPerBlock] += next - unit
                unit = next
            }
        }
        return Work(chunk: chunk, memory: memory, sums: own, covered: covered, blockCount: count)
    }

    /// What is not kept yet was not written over either, whatever became of an earlier folding.
    private func keep(_ works: [Work], in kept: KeptBlocks) throws {
        var transfers: [DirectBatch.Transfer] = []
        var found: [(number: UInt64, memory: UnsafeRawBufferPointer, sum: UInt32)] = []
        for work in works {
            let first = work.chunk.start * UInt64(StreamUnit.bytes) / UInt64(Self.block)
            let present = try kept.sums(first..<first + UInt64(work.blockCount))
            for block in 0..<work.blockCount where work.covered[block] > 0 && present[block] == 0 {
                guard first + UInt64(block) < kept.count else { break }
                let read = transfer(work, block..<block + 1, isWrite: false)
                if work.sums[block] == 0 { memset(read.memory, 0, Self.block) } else { transfers.append(read) }
                let memory = UnsafeRawBufferPointer(start: read.memory, count: Self.block)
                found.append((first + UInt64(block), memory, work.sums[block]))
            }
        }
        try batch.runAll(transfers)
        try kept.write(
            try found.map { number, memory, sum in
                let own = BaseFiles.sum(memory)
                guard sum == 0 || own == sum else { throw damage(at: number * UInt64(Self.block)) }
                return KeptBlocks.Block(number: number, bytes: Array(memory), sum: own)
            })
    }

    private func damage(at offset: UInt64) -> JournalFinding {
        JournalFinding(
            .base, file: imagePath, offset: offset, volume: volume.number, address: offset / UInt64(StreamUnit.bytes),
            units: UInt64(Self.unitsPerBlock), cause: "the block's checksum is wrong")
    }

    /// Reads blocks of which only parts change.
    private func readOld(_ works: [Work]) throws {
        var transfers: [DirectBatch.Transfer] = []
        var expected: [UInt32] = []
        for work in works {
            for block in 0..<work.blockCount where (1..<Self.unitsPerBlock).contains(work.covered[block]) {
                let target = work.memory + block * Self.block
                guard work.sums[block] != 0 else {
                    memset(target, 0, Self.block)
                    continue
                }
                transfers.append(transfer(work, block..<block + 1, isWrite: false))
                expected.append(work.sums[block])
            }
        }
        try batch.runAll(transfers)
        guard !isRepeated else { return }
        for (transfer, sum) in zip(transfers, expected) {
            let bytes = UnsafeRawBufferPointer(start: transfer.memory, count: transfer.count)
            guard BaseFiles.sum(bytes) == sum else { throw damage(at: transfer.offset) }
        }
    }

    private func place(_ work: Work, _ parts: inout [RecordFetch.Part]) {
        for piece in work.chunk.pieces {
            guard let extent = piece.extent else { continue }
            let target = work.memory + Int(piece.start.address - work.chunk.start) * StreamUnit.bytes
            let count = Int(piece.units) * StreamUnit.bytes
            if extent.content == .zeros {
                memset(target, 0, count)
            } else {
                let skip = Int(piece.start.value - extent.key.value) * StreamUnit.bytes
                parts.append(RecordFetch.Part(extent: extent, skip: skip, count: count, target: target))
            }
        }
        // Behind the volume's end the last block is zeros.
        let end = Int(min(BaseChunk.units, volume.units - work.chunk.start)) * StreamUnit.bytes
        memset(work.memory + end, 0, work.blockCount * Self.block - min(end, work.blockCount * Self.block))
    }

    private func finish(_ works: [Work]) throws {
        var transfers: [DirectBatch.Transfer] = []
        for work in works {
            var sums = work.sums
            var run = 0..<0
            for block in 0..<work.blockCount where work.covered[block] > 0 {
                let bytes = UnsafeRawBufferPointer(start: work.memory + block * Self.block, count: Self.block)
                if Self.isZero(bytes) {
                    if work.sums[block] != 0 || isRepeated { try punch(work, block) }
                    sums[block] = 0
                    continue
                }
                sums[block] = BaseFiles.sum(bytes)
                if run.upperBound == block, !run.isEmpty {
                    run = run.lowerBound..<block + 1
                } else {
                    if !run.isEmpty { transfers.append(transfer(work, run, isWrite: true)) }
                    run = block..<block + 1
                }
            }
            if !run.isEmpty { transfers.append(transfer(work, run, isWrite: true)) }
            let first = work.chunk.start * UInt64(StreamUnit.bytes) / UInt64(Self.block)
            let changed = sums
            try changed.withUnsafeBytes { bytes in
                try self.sums.write(bytes, at: first * 4, subject: sumsPath)
            }
        }
        try batch.runAll(transfers)
    }

    private func transfer(_ work: Work, _ blocks: Range<Int>, isWrite: Bool) -> DirectBatch.Transfer {
        DirectBatch.Transfer(
            file: image.raw, isWrite: isWrite,
            offset: work.chunk.start * UInt64(StreamUnit.bytes) + UInt64(blocks.lowerBound * Self.block),
            count: blocks.count * Self.block, memory: work.memory + blocks.lowerBound * Self.block, path: imagePath)
    }

    private func punch(_ work: Work, _ block: Int) throws(SystemError) {
        let offset = Int64(work.chunk.start) * Int64(StreamUnit.bytes) + Int64(block * Self.block)
        try systemCall("give up space of", imagePath) {
            clinux_punch_hole(image.raw, offset, Int64(Self.block))
        }
    }

    static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, bytes[0] == 0 else { return bytes.isEmpty }
        // Every byte equals the one ahead of it.
        return memcmp(start, start + 1, bytes.count - 1) == 0
    }

    /// Makes everything that was written last.
    ///
    /// - Throws: `SystemError`.
    func flush() throws(SystemError) {
        try systemCall("flush", imagePath) { fdatasync(image.raw) }
        try systemCall("flush", sumsPath) { fdatasync(sums.raw) }
    }
}
