import Foundation
import Glibc
import JournalCore
import JournalStore
import Primitives
import StreamProtocol
import Testing

/// Points that stay behind the window.
@Suite(.timeLimit(.minutes(2))) struct KeptPointTests {
    private static let millisecond: UInt64 = 1_000_000

    /// The last point of each ten milliseconds that are behind the base.
    private static func expected(_ rig: FoldedJournal, every: UInt64 = 10) async throws -> [UInt64] {
        let base = try await rig.base()
        let times = rig.contents.keys.sorted()
        return zip(times, times.dropFirst()).filter { time, next in
            time < base && time / (every * millisecond) != next / (every * millisecond)
        }.map(\.0)
    }

    @Test func theLastPointOfEachSpanStays() async throws {
        let rig = try await FoldedJournal(seed: 1)
        try await rig.write(100)
        try await rig.keep([.init(every: 10 * Self.millisecond, age: .max)])
        let base = try await rig.base()
        let kept = await rig.times.filter { $0 < base }
        #expect(kept.reversed() == (try await Self.expected(rig)))
        #expect(kept.count >= 5)
        try await rig.expectRight()
        // More comes, and a restart.
        try await rig.write(60)
        try await rig.settle()
        try await rig.expectRight()
        let before = await rig.times
        await rig.journal.close()
        try rig.journal.open(nil)
        #expect(await rig.times == before)
        try await rig.expectRight()
        try await rig.journal.end()
    }

    @Test func whatIsOldIsThinnedAndTheRestIsRight() async throws {
        let rig = try await FoldedJournal(seed: 2)
        let rules = [
            JournalRetention.Keep(every: 10 * Self.millisecond, age: 50 * Self.millisecond),
            JournalRetention.Keep(every: 40 * Self.millisecond, age: .max),
        ]
        for _ in 0..<6 {
            try await rig.write(50)
            try await rig.keep(rules)
            try await rig.expectRight()
        }
        let newest = rig.stream.time
        let base = try await rig.base()
        let kept = await rig.times.filter { $0 < base }
        #expect(Set(kept).isSubset(of: Set(try await Self.expected(rig))))
        #expect(kept.filter { newest - $0 > 50 * Self.millisecond }.count <= Int(300 / 40) + 1)
        #expect(Set(try await Self.expected(rig, every: 40)).isSubset(of: Set(kept)))
        // Nothing is asked for any more: everything behind the base goes, and its files.
        try await rig.keep([])
        #expect(await rig.times.allSatisfy { $0 >= base })
        let files = try FileManager.default.contentsOfDirectory(atPath: rig.journal.folder)
        #expect(!files.contains { $0.hasPrefix("kept-") })
        try await rig.journal.end()
    }

    /// Whoever reads an old point reads on while the base moves.
    @Test func anOpenPointStaysAsItIs() async throws {
        let rig = try await FoldedJournal(seed: 3)
        try await rig.write(60)
        try await rig.keep([.init(every: 10 * Self.millisecond, age: .max)])
        let base = try await rig.base()
        let oldest = try #require(await rig.times.last)
        #expect(oldest < base)
        let device = try await withCheckedContinuation { go in
            rig.journal.journal.openPoint(.time(oldest)) { go.resume(returning: $0) }
        }.get()[0]
        for _ in 0..<4 {
            try await rig.write(30)
            let isRight = try await rig.journal.read(device) {}.get() == rig.contents[oldest]
            #expect(isRight)
        }
        try await rig.settle()
        #expect(try await rig.base() > base)
        let isRight = try await rig.journal.read(device) { device.close() }.get() == rig.contents[oldest]
        #expect(isRight)
        try await rig.journal.end()
    }

    /// Whatever a power cut leaves of a folding: blocks of the base from before or from after it, each by itself.
    @Test(arguments: 0..<8) func aFoldingThatIsCutOffLosesNoKeptPoint(seed: Int) async throws {
        let rig = try await FoldedJournal(seed: UInt64(seed))
        let rules = [JournalRetention.Keep(every: 1_000 * Self.millisecond, age: .max)]
        try await rig.write(40)
        let kept = rig.stream.time
        rig.stream.time = 2_000 * Self.millisecond
        try await rig.write(40)
        try await rig.keep(rules)
        // Nothing is folded until it is said how long points stay: what comes now is folded at once.
        await rig.journal.close()
        try rig.journal.open(nil)
        try await rig.write(60)
        await rig.journal.close()
        let before = rig.journal.folder + "-before"
        defer { try? FileManager.default.removeItem(atPath: before) }  // It may not have come so far.
        try FileManager.default.copyItem(atPath: rig.journal.folder, toPath: before)
        let old = try Self.state(before)
        try rig.journal.open(nil)
        try await rig.keep(rules)
        await rig.journal.close()
        let new = try Self.state(rig.journal.folder)
        #expect(new.base.ordinal > old.base.ordinal)
        try Self.mix(before, rig.journal.folder, old, new, seed: UInt64(seed))
        rig.journal.forgetEvents()
        try rig.journal.open(nil)
        #expect(await rig.times.contains(kept))
        try await rig.expectRight()
        try await rig.keep(rules)
        #expect(await rig.times.contains(kept))
        try await rig.expectRight()
        try await rig.journal.end()
    }

    /// What an older point took over stays right when the younger one is still there.
    @Test func aThinningThatIsCutOffIsDoneAgain() async throws {
        let rig = try await FoldedJournal(seed: 7)
        try await rig.write(120)
        try await rig.keep([.init(every: 10 * Self.millisecond, age: .max)])
        await rig.journal.close()
        let before = rig.journal.folder + "-before"
        defer { try? FileManager.default.removeItem(atPath: before) }  // It may not have come so far.
        try FileManager.default.copyItem(atPath: rig.journal.folder, toPath: before)
        try rig.journal.open(nil)
        let all = await rig.times
        let rules = [JournalRetention.Keep(every: 30 * Self.millisecond, age: .max)]
        try await rig.keep(rules)
        #expect(await rig.times.count < all.count)
        await rig.journal.close()
        // The list is written last: with the old one everything is still there.
        for name in try FileManager.default.contentsOfDirectory(atPath: before)
        where name == "kept" || !FileManager.default.fileExists(atPath: rig.journal.folder + "/" + name) {
            try Data(contentsOf: URL(filePath: before + "/" + name))
                .write(to: URL(filePath: rig.journal.folder + "/" + name))
        }
        try rig.journal.open(nil)
        #expect(await rig.times == all)
        try await rig.expectRight()
        try await rig.keep(rules)
        try await rig.expectRight()
        try await rig.journal.end()
    }

    private static func state(_ folder: String) throws -> JournalState {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/state")))
        return try bytes.withBytes { try JournalState(reading: $0) }
    }

    /// As if the folding between them had been cut off. Kept blocks are durable ahead of what is written over.
    private static func mix(
        _ before: String, _ after: String, _ old: JournalState, _ new: JournalState, seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        for name in try FileManager.default.contentsOfDirectory(atPath: before)
        where !FileManager.default.fileExists(atPath: after + "/" + name) {
            try FileManager.default.copyItem(atPath: before + "/" + name, toPath: after + "/" + name)
        }
        var state = old
        state.floor = new.base
        try Data(state.bytes).write(to: URL(filePath: after + "/state"))
        for (name, length) in [("base-1-0.img", 4096), ("base-1-0.sums", 4)] {
            let first = [UInt8](try Data(contentsOf: URL(filePath: before + "/" + name)))
            var last = [UInt8](try Data(contentsOf: URL(filePath: after + "/" + name)))
            for start in stride(from: 0, to: last.count, by: length) where Bool.random(using: &random) {
                last.replaceSubrange(start..<start + length, with: first[start..<start + length])
            }
            try Data(last).write(to: URL(filePath: after + "/" + name))
        }
    }

    /// A flipped bit is told by whoever reads it and by a verification, with its place.
    @Test func damageOfAKeptBlockIsTold() async throws {
        let rig = try await FoldedJournal(seed: 8)
        try await rig.write(80)
        try await rig.keep([.init(every: 10 * Self.millisecond, age: .max)])
        #expect(await rig.journal.verify(nil) == [])
        let names = try FileManager.default.contentsOfDirectory(atPath: rig.journal.folder)
        let sums = try #require(names.filter { $0.hasPrefix("kept-") && $0.hasSuffix(".sums") }.sorted().first)
        let path = rig.journal.folder + "/" + sums
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let block =
            try #require(stride(from: 0, to: bytes.count, by: 4).first { bytes[$0..<$0 + 4] != [0, 0, 0, 0] }) / 4
        bytes[block * 4] ^= 1
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.write(contentsOf: Data(bytes))
        try file.close()
        let findings = await rig.journal.verify(nil)
        #expect(findings.map(\.address) == [UInt64(block) * 8])
        #expect(findings.allSatisfy { $0.file.hasSuffix(".img") && $0.units == 8 })
        let oldest = try #require(await rig.times.last)
        let read = try await rig.journal.read(.time(oldest))
        #expect(throws: DeviceError.self) { try read.get() }
        try await rig.journal.end()
    }

    /// A point is read through all younger ones: without one of them the older ones are not guessed.
    @Test func aFileThatIsGoneEndsWhatIsReadThroughIt() async throws {
        let rig = try await FoldedJournal(seed: 10)
        try await rig.write(100)
        try await rig.keep([.init(every: 10 * Self.millisecond, age: .max)])
        let before = await rig.times
        let kept = try await rig.kept
        await rig.journal.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: rig.journal.folder)
        let images = names.filter { $0.hasPrefix("kept-") && $0.hasSuffix(".img") }
        let third = images.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }[2]
        try FileManager.default.removeItem(atPath: rig.journal.folder + "/" + third)
        try rig.journal.open(nil)
        #expect(await rig.times == Array(before.dropLast(3)))
        #expect(kept > 3)
        #expect(rig.journal.findings.map(\.file) == [rig.journal.folder + "/" + third])
        rig.journal.forgetEvents()
        try await rig.expectRight()
        try await rig.journal.end()
    }

    /// New segments need the room more than old points do.
    @Test func onAFullDiskTheOldestPointsGiveWay() async throws {
        let mount = NSTemporaryDirectory() + "/kept-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
        guard Glibc.mount("none", mount, "tmpfs", 0, "size=26m") == 0 else {
            print("no file system could be mounted: errno \(errno); not tested")
            return
        }
        defer {
            #expect(umount2(mount, 2) == 0)
            #expect(rmdir(mount) == 0)
        }
        let rig = try await FoldedJournal(in: mount, seed: 9)
        let rules = [JournalRetention.Keep(every: 10 * Self.millisecond, age: .max)]
        var most = 0
        for _ in 0..<30 {
            try await rig.write(10)
            try await rig.keep(rules)
            try await rig.expectRight()
            most = max(most, try await rig.kept)
        }

        #expect(most > 8)
        #expect(try await rig.kept < 25)
        #expect(await rig.journal.status().condition == .running)
        try await rig.journal.end()
    }

    @Test func untilItIsSaidHowLongNothingIsFolded() async throws {
        let rig = try await FoldedJournal(seed: 5)
        try await rig.write(30)
        rig.stream.time += 30 * 86_400_000_000_000
        try await rig.write(30)
        try await rig.settle()
        #expect(await rig.times.count == 60)
        await rig.journal.close()
        try rig.journal.open(nil)
        try await rig.settle()
        #expect(await rig.times.count == 60)
        try await rig.keep([])
        #expect(await rig.times.count < 60)
        try await rig.expectRight()
        try await rig.journal.end()
    }
}
