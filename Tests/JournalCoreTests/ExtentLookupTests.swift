import JournalCore
import Primitives
import StreamProtocol
import Testing

@Suite struct ExtentLookupTests {
    private static let space: UInt64 = 600

    /// The newest extent at or before a point, unit by unit.
    private func model(_ extents: [Extent], _ unit: UInt64, point: UInt64, base: UInt64) -> UInt64? {
        extents.filter { extent in
            extent.key.value <= unit && unit < extent.end.value && extent.ordinal <= point && extent.ordinal > base
        }.map(\.ordinal).max()
    }

    private func extents(_ count: Int, after ordinal: UInt64, _ random: inout SeededRandom) -> [Extent] {
        (0..<count).map { number in
            let start = UInt64.random(in: 0..<Self.space - 1, using: &random)
            let most = min(Self.space - start, UInt64.random(in: 1...90, using: &random))
            return Extent(
                key: ExtentKey(value: start), units: UInt32(UInt64.random(in: 1...most, using: &random)), segment: 1,
                ordinal: ordinal + UInt64(number) + 1, content: .zeros)
        }
    }

    private func image(_ extents: [Extent]) throws -> ExtentImage {
        var builder = ExtentImageBuilder()
        let sorted = extents.sorted { ($0.key.value, $1.ordinal) < ($1.key.value, $0.ordinal) }
        for extent in sorted { builder.append(extent) }
        let made = builder.image()
        return try #require(made)
    }

    @Test(arguments: 0..<12 as Range<UInt64>) func everyPieceIsTheNewest(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sizes = (0..<4).map { _ in Int.random(in: 1...700, using: &random) }
        var all: [Extent] = []
        var images: [ExtentImage] = []
        for size in sizes {
            let part = extents(size, after: UInt64(all.count), &random)
            all += part
            images.append(try image(part))
        }
        var open = OpenIndex()
        var done = all.count
        for _ in 0..<40 {
            let part = extents(Int.random(in: 1...60, using: &random), after: UInt64(done), &random)
            done += part.count
            all += part
            open.add(part)
        }
        var lookup = ExtentLookup()
        for _ in 0..<60 {
            let point = UInt64.random(in: 0...UInt64(all.count), using: &random)
            let base = UInt64.random(in: 0...point, using: &random)
            let start = UInt64.random(in: 0..<Self.space, using: &random)
            let units = UInt32.random(in: 1...UInt32(Self.space - start), using: &random)
            lookup.begin(ExtentKey(value: start), units: units, point: point, base: base)
            open.search(&lookup)
            for image in images.reversed() { try lookup.search(image) }
            lookup.finish()
            var next = start
            for piece in lookup.pieces {
                #expect(piece.start.value == next)
                next += UInt64(piece.units)
                for unit in piece.start.value..<next {
                    #expect(piece.extent?.ordinal == model(all, unit, point: point, base: base))
                }
            }
            #expect(next == start + UInt64(units))
        }
    }

    @Test(arguments: 20..<26 as Range<UInt64>) func theFirstTouchedPlaceIsFound(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let all = extents(500, after: 0, &random)
        let image = try image(all)
        for _ in 0..<100 {
            let point = UInt64.random(in: 0...500, using: &random)
            let base = UInt64.random(in: 0...point, using: &random)
            let from = UInt64.random(in: 0..<Self.space, using: &random)
            let expected = all.filter { $0.end.value > from && $0.ordinal <= point && $0.ordinal > base }
                .map { max(from, $0.key.value) }.min()
            let found = try ExtentLookup.firstTouched(image, from: ExtentKey(value: from), point: point, base: base)
            #expect(found?.value == expected)
        }
    }

    /// A block that is written over and over does not make a search long, and hides nothing beside it.
    @Test func aHotPlaceHidesNothing() throws {
        var all: [Extent] = []
        for ordinal in 1...2_000 as ClosedRange<UInt64> {
            all.append(Extent(key: ExtentKey(value: 8), units: 8, segment: 1, ordinal: ordinal, content: .zeros))
        }
        all.append(Extent(key: ExtentKey(value: 10), units: 2, segment: 1, ordinal: 3_000, content: .zeros))
        all.append(Extent(key: ExtentKey(value: 0), units: 20, segment: 1, ordinal: 3_001, content: .zeros))
        let image = try image(all)
        var lookup = ExtentLookup()
        lookup.begin(ExtentKey(value: 8), units: 8, point: 3_000, base: 0)
        try lookup.search(image)
        lookup.finish()
        #expect(lookup.pieces.map { $0.extent?.ordinal } == [2_000, 3_000, 2_000])
    }

    @Test func mergedIndexesSayTheSame() throws {
        var random = SeededRandom(seed: 5)
        var all: [Extent] = []
        var images: [ExtentImage] = []
        for _ in 0..<5 {
            let part = extents(300, after: UInt64(all.count), &random)
            all += part
            images.append(try image(part))
        }
        var merge = try ExtentMerge(images)
        var merged: [Extent] = []
        while let extent = try merge.next() { merged.append(extent) }
        #expect(merged == all.sorted { ($0.key.value, $1.ordinal) < ($1.key.value, $0.ordinal) })
    }
}
