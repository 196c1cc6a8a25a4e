import Primitives
import TapCore
import Testing

@Suite struct RingSpaceTests {
    /// Random pieces: none goes over the end, none overlaps another that is held.
    @Test(arguments: 0..<20) func piecesDoNotOverlap(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var space = RingSpace(capacity: 1000)
        var held: [(range: Range<Int>, mark: Int)] = []
        var taken = 0
        for _ in 0..<2000 {
            let wish = Int.random(in: 1..<400, using: &random)
            if let place = space.reserve(wish) {
                let kept = Int.random(in: 1...wish, using: &random)
                #expect(place + wish <= 1000)
                #expect(!held.contains { $0.range.overlaps(place..<place + kept) })
                held.append((place..<place + kept, space.commit(kept)))
                taken += 1
            } else {
                #expect(!held.isEmpty, "an empty ring has room")
            }
            if !held.isEmpty, Bool.random(using: &random) {
                let count = Int.random(in: 1...held.count, using: &random)
                space.release(held[count - 1].mark)
                held.removeFirst(count)
            }
        }
        #expect(taken > 200)
    }
}
