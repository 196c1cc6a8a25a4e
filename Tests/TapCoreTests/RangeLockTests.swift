import Primitives
import TapCore
import Testing

@Suite struct RangeLockTests {
    @Test func overlapsWaitInOrderAndOthersDoNot() {
        var lock = RangeLock(capacity: 8)
        var granted: ContiguousArray<Int> = []
        let first = lock.acquire(1, offset: 0, length: 8192)
        let second = lock.acquire(2, offset: 4096, length: 8192)
        let third = lock.acquire(3, offset: 16_384, length: 4096)
        // Overlaps the second, which waits, and so waits for it though the first never touched its range.
        let fourth = lock.acquire(4, offset: 8192, length: 4096)
        #expect([first, second, third, fourth] == [true, false, true, false])
        lock.release(3, granted: &granted)
        #expect(granted.isEmpty)
        lock.release(1, granted: &granted)
        #expect(granted == [2])
        lock.release(2, granted: &granted)
        #expect(granted == [2, 4])
        lock.release(4, granted: &granted)
        #expect(lock.count == 0)
    }

    /// Random requests: nobody holds a range that an earlier, unreleased one overlaps, and all get their turn.
    @Test(arguments: 0..<20) func modelled(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var lock = RangeLock(capacity: 4)
        var arrived: [(slot: Int, range: Range<UInt64>)] = []
        var holding: Set<Int> = []
        var served = 0
        for slot in 0..<500 {
            let start = UInt64.random(in: 0..<64, using: &random)
            let length = UInt64.random(in: 1..<16, using: &random)
            let isFree = !arrived.contains { $0.range.overlaps(start..<start + length) }
            let isGranted = lock.acquire(slot, offset: start, length: length)
            #expect(isGranted == isFree)
            arrived.append((slot, start..<start + length))
            if isFree { holding.insert(slot) }
            while arrived.count > Int.random(in: 0..<12, using: &random), let done = holding.min() {
                var granted: ContiguousArray<Int> = []
                lock.release(done, granted: &granted)
                let gone = arrived.firstIndex { $0.slot == done }!
                arrived.remove(at: gone)
                holding.remove(done)
                served += 1
                for next in granted {
                    let place = arrived.firstIndex { $0.slot == next }!
                    #expect(!arrived[..<place].contains { $0.range.overlaps(arrived[place].range) })
                    #expect(holding.insert(next).inserted)
                }
            }
        }
        #expect(served + arrived.count == 500)
        #expect(arrived.isEmpty || !holding.isEmpty)
    }
}
