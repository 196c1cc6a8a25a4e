import Foundation
import JournalCore
import JournalStore
import StreamProtocol
import Testing

@Suite(.timeLimit(.minutes(2))) struct JournalTests {
    private static let volume = JournalVolume(number: VolumeNumber(0), size: 1 << 20, blockSize: 512)

    private func bytes(_ value: UInt8, units: Int = 8) -> [UInt8] { [UInt8](repeating: value, count: units * 512) }

    @Test func whatWasAppendedIsDurableAndReadAtEveryPoint() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: bytes(1)), .flush]))
        let first = stream.position
        rig.append(try stream.frame([.write(volume: 0, address: 4, bytes: bytes(2)), .flush]))
        await rig.waitDurable(stream.position)
        let old = try await rig.read(.position(first.generation, sequence: first.sequence)).get()
        #expect(old == bytes(1) + [UInt8](repeating: 0, count: (1 << 20) - 4096))
        let new = try await rig.read(.newest).get()
        #expect(new == bytes(1, units: 4) + bytes(2) + [UInt8](repeating: 0, count: (1 << 20) - 6144))
        #expect(try await rig.points().map(\.position) == [stream.position, first])
        try await rig.end()
    }

    /// The next segment is made when the open one is half full, not before.
    @Test(arguments: [(1, 1), (8, 2)]) func hardlyUsedItTakesTheRoomOfOneSegment(frames: Int, segments: Int)
        async throws
    {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        for value in 1...frames {
            rig.append(
                try stream.frame([.write(volume: 0, address: 0, bytes: bytes(UInt8(value), units: 600)), .flush]))
        }
        await rig.waitDurable(stream.position)
        await rig.close()
        let files = try FileManager.default.contentsOfDirectory(atPath: rig.folder).filter { $0.hasPrefix("segment-") }
        #expect(files.count == segments)
        try rig.open(nil)
        #expect(await rig.status().durable == stream.position)
        try await rig.end()
    }

    @Test func itGoesOnBehindWhatWasDurable() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        for value in 1...40 {
            rig.append(
                try stream.frame([
                    .write(volume: 0, address: UInt64(value), bytes: bytes(UInt8(value), units: 600)), .flush,
                ]))
        }
        await rig.waitDurable(stream.position)
        let before = try await rig.read(.newest).get()
        await rig.close()
        rig.forgetEvents()
        try rig.open(nil)
        #expect(rig.findings == [])
        #expect(await rig.status().durable == stream.position)
        #expect(try await rig.read(.newest).get() == before)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: bytes(99)), .flush]))
        await rig.waitDurable(stream.position)
        #expect(try await rig.read(.newest, range: 0..<4096).get() == bytes(99))
        #expect(try await rig.points().count == 41)
        try await rig.end()
    }

    @Test func framesAreGivenAsTheyCame() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        var sent: [FrameBuffer] = []
        var positions = [StreamPosition.none]
        for value in 1...30 {
            let frame = try stream.frame([
                .write(volume: 0, address: 0, bytes: bytes(UInt8(value), units: 800)), .flush,
            ])
            sent.append(frame)
            positions.append(stream.position)
            rig.append(frame)
        }
        await rig.waitDurable(stream.position)
        var got = 0
        while got < sent.count {
            let frames = try await rig.frames(after: positions[got]).get()
            #expect(!frames.isEmpty)
            for frame in frames {
                #expect(frame.bytes.elementsEqual(sent[got].bytes))
                got += 1
            }
        }
        #expect(try await rig.frames(after: stream.position).get().isEmpty)
        let strange = StreamPosition(generation: Generation(1), sequence: 2, digest: .empty)
        guard case .failure(.unknown(let has)) = await rig.frames(after: strange) else {
            Issue.record("frames behind a digest that the journal never had")
            return
        }
        #expect(has == stream.position)
        try await rig.end()
    }

    @Test func whatDoesNotFollowIsRefused() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        let early = try stream.frame([.write(volume: 0, address: 0, bytes: bytes(1)), .flush])
        let first = stream.position
        #expect(
            await rig.refusal(of: early).reason
                == .doesNotFollow(generation: Generation(1), sequence: 1, isKnown: false))
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        rig.append(early)
        await rig.waitDurable(first)
        #expect(
            await rig.refusal(of: early).reason == .doesNotFollow(generation: Generation(1), sequence: 1, isKnown: true)
        )
        #expect(await rig.begin(Generation(2), after: .none)?.reason == .otherPredecessor(.none))
        #expect(await rig.begin(Generation(1), after: first)?.reason == .staleGeneration(Generation(1)))
        #expect(await rig.begin(Generation(2), after: first) == nil)
        stream.nextGeneration()
        let outside = try stream.frame([.write(volume: 0, address: 2_047, bytes: bytes(3, units: 2))])
        #expect(
            await rig.refusal(of: outside).reason
                == .outsideVolume(VolumeNumber(0), end: 2_049 * 512, size: 1 << 20))
        try await rig.end()
    }
}
