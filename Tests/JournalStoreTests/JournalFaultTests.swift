import Foundation
import Glibc
import JournalCore
import JournalStore
import Linux
import Primitives
import StreamProtocol
import Synchronization
import Testing

/// Disks that are full, files that are damaged, cut off or gone.
@Suite(.serialized, .timeLimit(.minutes(2))) struct JournalFaultTests {
    private static let volume = JournalVolume(number: VolumeNumber(0), size: 1 << 20, blockSize: 512)

    private static func bytes(_ value: Int, units: Int = 1_600) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: value &* 7 &+ 1), count: units * 512)
    }

    /// A journal with so many frames of 800 KiB, all durable, and the positions behind them.
    private static func filled(
        _ count: Int, _ stream: inout TestStream
    ) async throws -> (rig: TestJournal, positions: [StreamPosition]) {
        let rig = try TestJournal(volumes: [volume])
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        var positions: [StreamPosition] = []
        for value in 0..<count {
            rig.append(
                try stream.frame([
                    .write(volume: 0, address: UInt64(value % 400), bytes: bytes(value)), .flush,
                ]))
            positions.append(stream.position)
        }
        await rig.waitDurable(stream.position)
        return (rig, positions)
    }

    /// Two journals of the same stream, both folded halfway.
    private static func foldedPair() async throws -> (TestJournal, TestJournal) {
        var made: [TestJournal] = []
        for _ in 0..<2 {
            var stream = TestStream()
            defer { stream.free() }
            let (rig, _) = try await filled(30, &stream)
            rig.journal.setRetention(JournalRetention(window: 15_000_000))
            await rig.waitFolded()
            made.append(rig)
        }
        return (made[0], made[1])
    }

    private static func segments(_ rig: TestJournal) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: rig.folder).filter { $0.hasPrefix("segment-") }.sorted()
            .map { rig.folder + "/" + $0 }
    }

    private static func flip(_ path: String, at offset: Int) throws {
        let file = open(path, O_RDWR)
        #expect(file >= 0)
        var byte: UInt8 = 0
        #expect(pread(file, &byte, 1, off_t(offset)) == 1)
        byte ^= 0x10
        #expect(pwrite(file, &byte, 1, off_t(offset)) == 1)
        close(file)
    }

    /// Whoever closes a journal may let it go at once, with frames on their way to the disk.
    @Test func aJournalThatNobodyHoldsIsClosedInOrder() async throws {
        for _ in 0..<8 {
            var stream = TestStream()
            defer { stream.free() }
            let rig = try TestJournal(volumes: [Self.volume])
            #expect(await rig.begin(Generation(1), after: .none) == nil)
            for value in 0..<4 {
                rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(value)), .flush]))
                // The first one waits for its segment, and would be refused.
                if value == 0 { await rig.waitDurable(stream.position) }
            }
            await withCheckedContinuation { (go: CheckedContinuation<Void, Never>) in
                rig.journal.close { go.resume() }
                rig.journal = nil
            }
            try rig.open(nil)
            #expect(await rig.status().durable == stream.position)
            try await rig.end()
        }
    }

    @Test func aTornTailEndsTheJournalAtTheLastWholeFrame() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, positions) = try await Self.filled(3, &stream)
        await rig.close()
        // The third frame's payload, as a power cut leaves it.
        try Self.flip(Self.segments(rig)[0], at: 4096 + 2 * 823_296 + 50_000)
        try rig.open(nil)
        #expect(await rig.status().durable == positions[1])
        // What is sent again goes on behind it.
        var again = TestStream()
        defer { again.free() }
        for value in 0..<3 {
            let frame = try again.frame([.write(volume: 0, address: UInt64(value), bytes: Self.bytes(value)), .flush])
            if value == 2 { rig.append(frame) }
        }
        await rig.waitDurable(again.position)
        #expect(try await rig.read(.newest, range: 1024..<2048).get() == Self.bytes(2, units: 2))
        try await rig.end()
    }

    @Test func aDamagedRecordIsNeverServedAndIsNamed() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, positions) = try await Self.filled(12, &stream)
        await rig.close()
        let first = try Self.segments(rig)[0]
        try Self.flip(first, at: 4096 + 10_000)
        try rig.open(nil)
        let read = try await rig.read(.position(Generation(1), sequence: positions[0].sequence))
        #expect(read == .failure(DeviceError(errno: EIO)))
        let finding = try #require(rig.findings.first)
        #expect(finding.file == first)
        #expect(finding.offset == 4096 + 96 + 2 * 24)
        #expect(finding.volume == VolumeNumber(0))
        #expect(try await rig.read(.newest, range: 10_240..<10_752).get() == Self.bytes(11, units: 1))
        try await rig.end()
    }

    private static func repair(from peer: Journal) -> JournalRepair {
        JournalRepair(
            source: "node b",
            frame: { position, answer in
                peer.frames(after: position, limit: 1) { outcome in
                    guard case .success(let frames) = outcome, let frame = frames.first else {
                        return answer(.failure(.damaged))
                    }
                    answer(.success(frame))
                }
            },
            range: { volume, address, units, point, answer in
                peer.lend(volume, address, units, at: point, completion: answer)
            })
    }

    @Test func aVerificationFindsEveryFlipAndRepairsItFromAnotherNode() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, positions) = try await Self.filled(30, &stream)
        var second = TestStream()
        defer { second.free() }
        let (other, _) = try await Self.filled(30, &second)
        rig.journal.setRetention(JournalRetention(window: 15_000_000))
        await rig.waitFolded()
        await rig.close()
        let files = try FileManager.default.contentsOfDirectory(atPath: rig.folder)
        #expect(files.contains("base-1-0.img"))
        try Self.flip(rig.folder + "/base-1-0.img", at: 70_000)
        let sealed = try #require(try Self.segments(rig).first)
        try Self.flip(sealed, at: 4096 + 100_000)
        let length = try #require(try FileManager.default.attributesOfItem(atPath: sealed)[.size] as? Int)
        try Self.flip(sealed, at: length - 9_000)
        try rig.open(nil)
        let peer = try #require(other.journal)
        let repair = Self.repair(from: peer)
        let found = await rig.verify(repair)
        #expect(found.map(\.place).contains(.frame))
        #expect(found.map(\.place).contains(.base))
        for finding in found { #expect(finding.repair != nil, "\(finding)") }
        #expect(await rig.verify(nil) == [])
        #expect(
            try await rig.read(.newest).get()
                == (try await other.read(.position(Generation(1), sequence: positions[29].sequence)).get()))
        try await rig.end()
        try await other.end()
    }

    /// The checksum of a block, an image that was cut off, and a frame of the segment that is being written.
    @Test func whatElseCanBreakIsRepairedAsWell() async throws {
        let (rig, other) = try await Self.foldedPair()
        try Self.flip(rig.folder + "/base-1-0.sums", at: 9)
        #expect(truncate(rig.folder + "/base-1-0.img", 600_000) == 0)
        try Self.flip(try #require(try Self.segments(rig).last { try Self.isUsed($0) }), at: 4096 + 200_000)
        let found = await rig.verify(Self.repair(from: try #require(other.journal)))
        #expect(found.filter { $0.place == .frame }.count == 1)
        #expect(found.filter { $0.place == .base }.count == 2)
        for finding in found {
            #expect(finding.repair == "node b", "\(finding)")
            #expect(finding.volume == VolumeNumber(0), "\(finding)")
        }
        #expect(await rig.verify(nil) == [])
        #expect(try await rig.read(.newest).get() == (try await other.read(.newest)).get())
        try await rig.end()
        try await other.end()
    }

    private static func isUsed(_ path: String) throws -> Bool {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try file.seek(toOffset: 4096)
        return try file.read(upToCount: 4)?.contains { $0 != 0 } ?? false
    }

    @Test func whatIsDamagedOnBothSidesIsNotTouchedAndTheRestIsServed() async throws {
        let (rig, other) = try await Self.foldedPair()
        for one in [rig, other] {
            // Block 17 of both; block 18 of this one only.
            try Self.flip(one.folder + "/base-1-0.img", at: 17 * 4096 + 5)
        }
        try Self.flip(rig.folder + "/base-1-0.img", at: 18 * 4096 + 5)
        let found = await rig.verify(Self.repair(from: try #require(other.journal)))
        #expect(found.count == 2)
        let lost = try #require(found.first { $0.repair == nil })
        #expect(lost.offset == 17 * 4096 && lost.failure == "the copy of node b is damaged as well")
        #expect(found.first { $0.repair != nil }?.offset == 18 * 4096)
        let base = try #require(try await rig.points().last).position
        let point = PointSelection.position(base.generation, sequence: base.sequence)
        #expect(try await rig.read(point, range: 17 * 4096..<18 * 4096) == .failure(DeviceError(errno: EIO)))
        #expect(
            try await rig.read(point, range: 18 * 4096..<40 * 4096).get()
                == (try await other.read(point, range: 18 * 4096..<40 * 4096)).get())
        try await rig.end()
        try await other.end()
    }

    @Test func aVerificationKeepsItsRate() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, _) = try await Self.filled(30, &stream)
        let begin = BootClock.now
        let steps = Mutex(0)
        await withCheckedContinuation { (go: CheckedContinuation<Void, Never>) in
            rig.journal.verify(repairingFrom: nil, pace: VerificationPace(48 << 20)) { state in
                steps.withLock { $0 += 1 }
                if !state.isRunning { go.resume() }
            }
        }
        // 24 MiB of frames at 48 MiB a second.
        #expect(BootClock.now - begin > .milliseconds(300))
        #expect(steps.withLock { $0 } > 5)
        try await rig.end()
    }

    @Test func aBaseThatShrankIsFoundAndNeverReadAsZeros() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, _) = try await Self.filled(30, &stream)
        rig.journal.setRetention(JournalRetention(window: 1))
        await rig.waitFolded()
        await rig.close()
        #expect(truncate(rig.folder + "/base-1-0.img", 8192) == 0)
        rig.forgetEvents()
        try rig.open(nil)
        await rig.wait { events in events.contains { if case .finding = $0 { true } else { false } } }
        #expect(rig.findings.first?.file == rig.folder + "/base-1-0.img")
        let position = try #require(try await rig.points().last).position
        let read = try await rig.read(.position(position.generation, sequence: position.sequence), range: 8192..<16384)
        #expect(read == .failure(DeviceError(errno: EIO)))
        try await rig.end()
    }

    @Test func aPointThatIsGoneIsRefused() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, positions) = try await Self.filled(30, &stream)
        rig.journal.setRetention(JournalRetention(window: 1))
        await rig.waitFolded()
        await #expect(throws: PointError(reason: .noSuchPoint)) {
            _ = try await rig.read(.position(Generation(1), sequence: positions[0].sequence))
        }
        await #expect(throws: PointError(reason: .noSuchPoint)) { _ = try await rig.read(.bookmark("never set")) }
        guard case .failure(.tooOld) = await rig.frames(after: .none) else {
            Issue.record("frames that were folded away")
            return
        }
        try await rig.end()
    }

    @Test func aFullDiskKeepsWhatWasAcknowledgedAndGoesOn() async throws {
        let mount = NSTemporaryDirectory() + "/small-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
        guard Glibc.mount("none", mount, "tmpfs", 0, "size=24m") == 0 else {
            print("no file system could be mounted: errno \(errno); not tested")
            return
        }
        defer {
            #expect(umount2(mount, 2) == 0)
            #expect(rmdir(mount) == 0)
        }
        let rig = try TestJournal(in: mount, volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        // A filler leaves room for little.
        let filler = mount + "/filler"
        let file = open(filler, O_RDWR | O_CREAT, 0o600)
        #expect(posix_fallocate(file, 0, 9 << 20) == 0)
        close(file)
        var refused: StreamPosition?
        while refused == nil {
            let before = stream.position
            let frame = try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(3)), .flush])
            let outcome = await rig.isTaken(frame, stream.position)
            if !outcome { refused = before }
        }
        let tail = try #require(refused)
        // The refusal comes first.
        await rig.wait { events in events.contains { if case .full = $0 { true } else { false } } }
        #expect(await rig.status().durable == tail)
        #expect(await rig.status().condition == .full)
        #expect(try await rig.read(.newest, range: 0..<512).get() == Self.bytes(3, units: 1))
        #expect(unlink(filler) == 0)
        await rig.wait { events in events.contains { if case .hasRoom = $0 { true } else { false } } }
        stream.stepBack(to: tail)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(4)), .flush]))
        await rig.waitDurable(stream.position)
        try await rig.end()
    }
}
