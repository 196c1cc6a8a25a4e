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

    init(seed: UInt64) async throws {
        journal = try TestJournal(volumes: [Self.volume])
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

    var times: [UInt64] {
        get async { do { return try await journal.points().map(\.time) } catch { return [] } }
    }

    /// Every point that can be opened has what the volume was then.
    func expectRight(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for time in await times {
            let read = try await journal.read(.time(time)).get()
            let isRight = read == contents[time]
            #expect(isRight, "the point of \(time)", sourceLocation: sourceLocation)
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
