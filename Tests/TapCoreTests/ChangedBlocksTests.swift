import Primitives
import TapCore
import Testing

@Suite struct ChangedBlocksTests {
    static let block = ChangedBlocks.blockSize

    @Test(arguments: 0..<10) func equalsASetOfBlocks(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let blocks = UInt64.random(in: 1..<20_000, using: &random)
        let size = blocks * Self.block - (seed % 2 == 0 ? 512 : 0)
        var changed = ChangedBlocks(size: size)
        var model: Set<UInt64> = []
        for _ in 0..<300 {
            let start = UInt64.random(in: 0..<size / 512, using: &random) * 512
            let length = min(UInt64.random(in: 1..<400, using: &random) * 512, size - start)
            if Bool.random(using: &random) {
                changed.mark(offset: start, length: length)
                for block in start / Self.block...(start + length - 1) / Self.block { model.insert(block) }
            } else {
                changed.clear(offset: start, length: length)
                for block in 0..<blocks
                where block * Self.block >= start && min((block + 1) * Self.block, size) <= start + length {
                    model.remove(block)
                }
            }
        }
        #expect(changed.count == UInt64(model.count))
        var found: Set<UInt64> = []
        var from: UInt64 = 0
        while let run = changed.next(from: from, limit: 16 * Self.block) {
            #expect(run.length > 0 && run.length <= 16 * Self.block && run.offset >= from)
            for block in run.offset / Self.block...(run.offset + run.length - 1) / Self.block { found.insert(block) }
            from = run.offset + run.length
        }
        #expect(found == model)
    }

    @Test func partOfABlockStaysMarked() {
        var changed = ChangedBlocks(size: 8192)
        changed.mark(offset: 0, length: 512)
        changed.clear(offset: 0, length: 3584)
        #expect(changed.bytes == 4096)
        #expect(changed.contains(offset: 2048, length: 512))
        #expect(!changed.contains(offset: 4096, length: 4096))
        changed.clear(offset: 0, length: 4096)
        #expect(changed.isEmpty)
    }

    @Test func growthIsMarked() {
        var changed = ChangedBlocks(size: 8192)
        changed.mark(offset: 4096, length: 4096)
        changed.resize(to: 16_384)
        let run = changed.next(from: 0, limit: 1 << 20)
        #expect(run?.offset == 4096)
        #expect(run?.length == 12_288)
        changed.resize(to: 4096)
        #expect(changed.isEmpty)
    }
}
