import Foundation
import JournalCore
import JournalStore
import Primitives
import StreamProtocol
import Testing

/// A journal with a frame for each millisecond of its source, and what the volume was at each point.
final class FoldedJournal {
    private static let size = 1 << 20
    private static let volume = JournalVolume(number: VolumeNumber(0), size: UInt64(size), blockSize: 512)
    let journal: TestJournal
    var stream = TestStream()
    var content = [UInt8](repeating: 0, count: FoldedJournal.size)
    var contents: [UInt64: [UInt8]] = [:]
    var random: SeededRandom

    init(in folder: String = NSTemporaryDirectory(), seed: UInt64) async throws {
        journal = try TestJournal(in: folder, volumes: [Self.volume])
        random = SeededRandom(seed: seed)
        #expect(await journal.begin(Generation(1), after: .none) == nil)
    }

    deinit { stream.free() }

    /// Writes parts of blocks, whole blocks and zeros.
    func write(_ frames: Int) async throws {
        for _ in 0..<frames {
            let units = Int.random(in: 1...500, using: &random)
            let unit = Int.random(in: 0...Self.size / 512 - units, using: &random)
            let value = Int.random(in: 0...9, using: &random) == 0 ? 0 : UInt8.random(in: 1...255, using: &random)
            let bytes = [UInt8](repeating: value, count: units * 512)
            content.replaceSubrange(unit * 512..<(unit + units) * 512, with: bytes)
            let frame = try stream.frame([.write(volume: 0, address: UInt64(unit), bytes: bytes), .flush])
            contents[stream.time] = content
            journal.append(frame)
        }
        await journal.waitDurable(stream.position)
    }

    func keep(_ rules: [JournalRetention.Keep], window: UInt64 = 5_000_000) async throws {
        journal.journal.setRetention(JournalRetention(window: window, keep: rules))
        try await settle()
    }

    /// Waits until nothing is left to fold, to merge or to give up.
    func settle() async throws {
        var before: [UInt64] = []
        while true {
            let base = try await base()
            let now = [base] + (await times)
            if now == before, await !journal.status().isMerging { return }
            before = now
        }
    }

    /// How many points are behind the base.
    var kept: Int {
        get async throws {
            let base = try await base()
            return await times.filter { $0 < base }.count
        }
    }

    var times: [UInt64] {
        get async { do { return try await journal.points().map(\.time) } catch { return [] } }
    }

    /// Every point that can be opened has what the volume was then.
    func expectRight(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for point in try await journal.points() {
            let position = point.position
            do {
                let selection = PointSelection.position(position.generation, sequence: position.sequence)
                let isRight = try await journal.read(selection).get() == contents[point.time]
                #expect(isRight, "the point of \(point.time)", sourceLocation: sourceLocation)
            } catch let error as PointError {
                // It may have given way meanwhile.
                let isListed = await times.contains(point.time)
                #expect(!isListed, "the point of \(point.time): \(error)", sourceLocation: sourceLocation)
            }
        }
        #expect(journal.findings == [], sourceLocation: sourceLocation)
    }

    /// Wall clock of the base.
    func base() async throws -> UInt64 {
        let start = try await withCheckedContinuation { go in
            journal.journal.pauseFolding { go.resume(returning: $0) }
        }.get()
        journal.journal.resumeFolding()
        return start.time
    }
}
