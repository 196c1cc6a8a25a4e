import Compression
import Foundation
import JournalCore
import JournalStore
import Primitives
import StreamProtocol
import Testing

/// Random streams against plain arrays: every point that can be opened reads as the arrays were at that barrier.
@Suite(.timeLimit(.minutes(2))) struct JournalModelTests {
    private struct Model {
        var volumes: [UInt16: [UInt8]] = [:]
        var points: [(position: StreamPosition, volumes: [UInt16: [UInt8]])] = []
    }

    private struct Run {
        let rig: TestJournal
        var stream = TestStream()
        var model = Model()
        var random: SeededRandom

        static let volumes = [
            JournalVolume(number: VolumeNumber(0), size: 401 * 512, blockSize: 512),
            JournalVolume(number: VolumeNumber(3), size: 64 * 4096, blockSize: 4096),
        ]

        init(seed: UInt64) throws {
            rig = try TestJournal(volumes: Self.volumes)
            random = SeededRandom(seed: seed)
            for volume in Self.volumes {
                model.volumes[volume.number.number] = [UInt8](repeating: 0, count: Int(volume.size))
            }
        }

        mutating func begin() async {
            let generation = stream.generation
            let refusal = await rig.begin(generation, after: stream.position)
            #expect(refusal == nil)
        }

        mutating func appendFrame() throws {
            var records: [TestStream.Record] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) { records.append(record()) }
            let isConsistent = UInt8.random(in: 0..<12, using: &random) > 0
            let ends = UInt8.random(in: 0..<3, using: &random) > 0
            if ends { records.append(UInt8.random(in: 0..<4, using: &random) == 0 ? .cut : .flush) }
            let codec: FrameCodec = [.none, .lz4, .zstd].randomElement(using: &random) ?? .none
            let zstd = Zstd()
            let frame = try stream.frame(records, isConsistent: isConsistent, codec: codec) { raw, target in
                codec == .lz4 ? LZ4.compress(raw, into: target) : zstd.compress(raw, into: target)
            }
            rig.append(frame)
            if ends, isConsistent { model.points.append((stream.position, model.volumes)) }
        }

        private mutating func record() -> TestStream.Record {
            let number: UInt16 = Bool.random(using: &random) ? 0 : 3
            let step = number == 0 ? 1 : 8
            let size = model.volumes[number]?.count ?? 0
            let units = size / 512
            let kind = UInt8.random(in: 0..<40, using: &random)
            if kind == 0 {
                let blocks = Int.random(in: 8...(number == 0 ? 450 : 90), using: &random)
                let new = blocks * 512 * step
                var bytes = model.volumes[number] ?? []
                bytes = Array(bytes.prefix(new)) + [UInt8](repeating: 0, count: max(0, new - size))
                model.volumes[number] = bytes
                return .resize(volume: number, size: UInt64(new), blockSize: number == 0 ? 512 : 4096)
            }
            let start = Int.random(in: 0..<units / step, using: &random) * step
            let count = min(units - start, Int.random(in: 1...64 / step, using: &random) * step)
            let range = start * 512..<(start + count) * 512
            if kind < 8 {
                model.volumes[number]?.replaceSubrange(range, with: repeatElement(0, count: range.count))
                return kind < 4
                    ? .zero(volume: number, address: UInt64(start), units: UInt32(count))
                    : .discard(volume: number, address: UInt64(start), units: UInt32(count))
            }
            // Compressible now and then, zeros in between.
            let value = UInt8.random(in: 0...255, using: &random)
            var bytes = [UInt8](repeating: value, count: range.count)
            if kind < 25 { for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &random) } }
            if kind == 9 { bytes = [UInt8](repeating: 0, count: range.count) }
            model.volumes[number]?.replaceSubrange(range, with: bytes)
            return .write(volume: number, address: UInt64(start), bytes: bytes)
        }

        func check(_ number: Int) async throws {
            let point = model.points[number]
            for volume in [0, 3] as [UInt16] {
                let read = try await rig.read(
                    .position(point.position.generation, sequence: point.position.sequence), volume: volume,
                    chunk: [4096, 65_536, 1 << 20][number % 3])
                guard case .success(let bytes) = read else {
                    Issue.record("point \(number), volume \(volume): \(read), \(rig.findings)")
                    return
                }
                let expected = point.volumes[volume] ?? []
                if bytes != expected {
                    let at = zip(bytes, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
                    Issue.record("point \(number), volume \(volume): \(bytes.count) bytes, differ at \(at ?? -1)")
                }
            }
        }

        /// Which of the model's points there are: the newest ones.
        mutating func checkAll(every step: Int) async throws {
            await rig.waitDurable(stream.position)
            let points = try await rig.points().reversed().map(\.position)
            #expect(points == model.points.suffix(points.count).map(\.position))
            let first = model.points.count - points.count
            var next = first
            while next < model.points.count {
                try await check(next)
                next += Int.random(in: 1...step, using: &random)
            }
            #expect(rig.findings == [])
        }

        mutating func reopen() async throws {
            await rig.waitDurable(stream.position)
            await rig.close()
            try rig.open(nil)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func everyPointReadsAsItWas(seed: UInt64) async throws {
        var run = try Run(seed: seed)
        defer { run.stream.free() }
        await run.begin()
        for round in 0..<6 {
            for _ in 0..<40 { try run.appendFrame() }
            try await run.checkAll(every: 12)
            if round % 2 == 1 {
                try await run.reopen()
                run.stream.nextGeneration()
                await run.begin()
            }
        }
        // The oldest half goes into the base.
        run.rig.forgetEvents()
        run.rig.journal.setRetention(JournalRetention(window: 60_000_000))
        await run.rig.waitFolded()
        let left = try await run.rig.points().count
        #expect(left < run.model.points.count)
        try await run.checkAll(every: 5)
        for _ in 0..<60 { try run.appendFrame() }
        try await run.checkAll(every: 7)
        try await run.reopen()
        run.rig.journal.setRetention(JournalRetention(window: 1))
        try await run.checkAll(every: 7)
        try await run.rig.end()
    }
}
