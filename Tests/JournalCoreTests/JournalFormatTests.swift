import JournalCore
import Primitives
import StreamProtocol
import Testing

@Suite struct JournalFormatTests {
    private let machine = MachineID(high: 1, low: 2)
    private let place = JournalPlace(
        position: StreamPosition(
            generation: Generation(3), sequence: 99, digest: ChainDigest([UInt8](repeating: 7, count: 32))),
        ordinal: 500)

    @Test func aSegmentHeaderIsReadAsItWasWritten() throws {
        let header = SegmentHeader(machine: machine, number: 12, start: place)
        #expect(header.bytes.count == SegmentHeader.length)
        #expect(try header.bytes.withBytes { try SegmentHeader(reading: $0) } == header)
    }

    @Test func aStateIsReadAsItWasWritten() throws {
        let state = JournalState(
            machine: machine, firstSegment: 4, baseSet: 2, base: place, floor: place, baseTime: 77,
            isBaseConsistent: true,
            volumes: [
                JournalVolume(number: VolumeNumber(0), size: 1 << 30, blockSize: 512),
                JournalVolume(number: VolumeNumber(9), size: 1 << 40, blockSize: 4096),
            ])
        #expect(try state.bytes.withBytes { try JournalState(reading: $0) } == state)
    }

    @Test func everyFlippedBitOfAStateIsFound() throws {
        let state = JournalState(
            machine: machine, volumes: [JournalVolume(number: VolumeNumber(0), size: 4096, blockSize: 512)])
        for bit in 0..<state.bytes.count * 8 {
            var bytes = state.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: JournalFormatError.self) { try bytes.withBytes { try JournalState(reading: $0) } }
        }
    }

    @Test func releasedBookmarksAreReadAsTheyWereWritten() throws {
        let list = ReleasedBookmarks([5, 1 << 40, 9])
        #expect(try list.bytes.withBytes { try ReleasedBookmarks(reading: $0) } == list)
        for bit in 0..<list.bytes.count * 8 {
            var bytes = list.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: JournalFormatError.self) { try bytes.withBytes { try ReleasedBookmarks(reading: $0) } }
        }
        #expect(throws: JournalFormatError.self) {
            try (list.bytes + [0]).withBytes { try ReleasedBookmarks(reading: $0) }
        }
    }

    @Test func keptPointsAreReadAsTheyWereWritten() throws {
        let volumes = [JournalVolume(number: VolumeNumber(3), size: 1 << 30, blockSize: 512)]
        let later = JournalPlace(position: place.position, ordinal: 700)
        let list = KeptPoints([
            KeptPoint(place: place, time: 5, volumes: volumes), KeptPoint(place: later, time: 9, volumes: []),
        ])
        #expect(try list.bytes.withBytes { try KeptPoints(reading: $0) } == list)
        for bit in 0..<list.bytes.count * 8 {
            var bytes = list.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: JournalFormatError.self) { try bytes.withBytes { try KeptPoints(reading: $0) } }
        }
        let unsorted = KeptPoints(list.points.reversed())
        #expect(throws: JournalFormatError.self) { try unsorted.bytes.withBytes { try KeptPoints(reading: $0) } }
    }

    @Test func aVolumeOfAnOddSizeIsRefusedWithASentence() {
        let odd = JournalVolume(number: VolumeNumber(0), size: 1_000, blockSize: 512)
        #expect(odd.problem == "its size of 1000 bytes is no multiple of its blocks of 512 bytes")
        #expect(JournalVolume(number: VolumeNumber(0), size: 4_608, blockSize: 4_096).problem != nil)
        #expect(JournalVolume(number: VolumeNumber(0), size: 8_192, blockSize: 4_096).problem == nil)
    }

    @Test func aFooterIsReadAsItWasWritten() throws {
        var builder = ExtentImageBuilder()
        for number in 0..<300 as Range<UInt64> {
            builder.append(
                Extent(
                    key: ExtentKey(VolumeNumber(1), address: number * 8), units: 8, segment: 1, ordinal: number + 1,
                    content: .plain(place: UInt32(number * 512), checksum: 5)))
        }
        let made = builder.image()
        let image = try #require(made)
        let notes = [
            JournalNote(ordinal: 5, kind: .mark, volume: nil, payload: [1, 2, 3]),
            JournalNote(ordinal: 6, kind: .configuration, volume: VolumeNumber(4), payload: []),
        ]
        let parts = SegmentFooterParts(image: image, frames: [], notes: notes)
        let (bytes, footer) = parts.closing(
            machine: machine, segments: 3...3, start: .start, end: place, indexStart: 8192)
        let file = [UInt8](repeating: 0, count: 8192) + Array(image.bytes[..<footer.indexRange.count]) + bytes
        #expect(UInt64(file.count) == footer.fileLength)
        try file.withBytes { all in
            let last = UnsafeRawBufferPointer(rebasing: all[(all.count - SegmentFooter.length)...])
            let read = try SegmentFooter(reading: last, fileLength: UInt64(all.count))
            #expect(read == footer)
            func part(_ range: Range<UInt64>) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: all[Int(range.lowerBound)..<Int(range.upperBound)])
            }
            try read.judge(fences: part(read.fencesRange))
            #expect(try read.notes(part(read.notesRange)) == notes)
            #expect(throws: JournalFormatError.self) { try SegmentFooter(reading: last, fileLength: 4096) }
        }
    }
}
