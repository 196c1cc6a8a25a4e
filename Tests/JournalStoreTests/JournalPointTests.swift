import Foundation
import JournalCore
import JournalStore
import StreamProtocol
import Testing

@Suite(.timeLimit(.minutes(2))) struct JournalPointTests {
    private static let volume = JournalVolume(number: VolumeNumber(0), size: 1 << 20, blockSize: 4096)

    private static func bytes(_ value: Int, units: Int = 800) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: value), count: units * 512)
    }

    private static func point(_ selection: PointSelection, _ rig: TestJournal) async throws -> StoredPoint {
        try await withCheckedContinuation { go in
            rig.journal.point(selection) { go.resume(returning: $0) }
        }.get()
    }

    @Test func pointsAreFoundByTimePositionAndBookmark() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(1)), .flush]))
        let (first, firstTime) = (stream.position, stream.time)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(2))]))
        rig.append(
            try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(3)), .flush], isConsistent: false))
        rig.append(
            try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(4)), .mark("before the upgrade")]))
        let (marked, markedTime) = (stream.position, stream.time)
        rig.append(try stream.frame([.cut]))
        await rig.waitDurable(stream.position)
        let points = try await rig.points()
        #expect(points.map(\.kind) == [.cut, .mark, .flush])
        #expect(points.map(\.text) == [nil, "before the upgrade", nil])
        #expect(try await Self.point(.newest, rig).position == stream.position)
        #expect(try await Self.point(.time(markedTime - 1), rig).position == first)
        #expect(try await Self.point(.time(markedTime), rig).position == marked)
        #expect(try await Self.point(.bookmark("before the upgrade"), rig).position == marked)
        await #expect(throws: PointError.self) { try await Self.point(.time(firstTime - 1), rig) }
        // A barrier while a copy is under way is no point, though the head shows what it wrote.
        await #expect(throws: PointError.self) {
            try await Self.point(.position(Generation(1), sequence: first.sequence + 3), rig)
        }
        #expect(try await rig.points(limit: 2).count == 2)
        try await rig.end()
    }

    @Test func theHeadShowsTheNewestRecords() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(1))], isConsistent: false))
        await rig.waitDurable(stream.position)
        let head = try await withCheckedContinuation { go in
            rig.journal.openHead(VolumeNumber(0)) { go.resume(returning: $0) }
        }.get()
        #expect(try await rig.read(head, range: 0..<4096) {}.get() == Self.bytes(1, units: 8))
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(2))], isConsistent: false))
        await rig.waitDurable(stream.position)
        #expect(try await rig.read(head, range: 0..<4096) { head.close() }.get() == Self.bytes(2, units: 8))
        #expect(await rig.status().newestPoint == nil)
        try await rig.end()
    }

    @Test func aBookmarkAndAHoldStopFolding() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        var marked = StreamPosition.none
        for value in 0..<40 {
            let end: TestStream.Record = value == 20 ? .mark("stays") : .flush
            rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(value, units: 1_200)), end]))
            if value == 20 { marked = stream.position }
        }
        await rig.waitDurable(stream.position)
        rig.journal.setRetention(JournalRetention(window: 1, isHeld: true))
        #expect(try await rig.points().count == 40)
        rig.journal.setRetention(JournalRetention(window: 1))
        await rig.waitFolded()
        #expect(try await rig.read(.bookmark("stays"), range: 0..<4096).get() == Self.bytes(20, units: 8))
        rig.forgetEvents()
        _ = try await rig.release(marked).get()
        await rig.waitFolded()
        await #expect(throws: PointError(reason: .noSuchPoint)) { _ = try await rig.read(.bookmark("stays")) }
        #expect(try await rig.read(.newest, range: 0..<4096).get() == Self.bytes(39, units: 8))
        try await rig.end()
    }

    /// Released while nothing may be folded, and folded only after the journal was opened again.
    @Test func aReleaseSurvivesAReopen() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        var marks: [StreamPosition] = []
        for value in 0..<40 {
            let isMark = value == 8 || value == 20
            rig.append(
                try stream.frame([
                    .write(volume: 0, address: 0, bytes: Self.bytes(value, units: 1_200)),
                    isMark ? .mark("mark \(value)") : .flush,
                ]))
            if isMark { marks.append(stream.position) }
        }
        await rig.waitDurable(stream.position)
        rig.journal.setRetention(JournalRetention(window: 1, isHeld: true))
        for mark in marks { #expect(try await rig.release(mark).get().position == mark) }
        let last = try #require(marks.last).sequence
        #expect(await rig.release(stream.position) == .failure(PointError(reason: .noSuchPoint)))
        await rig.close()
        try rig.open(nil)
        rig.journal.setRetention(JournalRetention(window: 1))
        await rig.wait { events in
            events.contains {
                if case .folded(let position) = $0 { position.sequence > last } else { false }
            }
        }
        await #expect(throws: PointError(reason: .noSuchPoint)) { _ = try await rig.read(.bookmark("mark 20")) }
        try await rig.end()
    }

    /// A list that cannot be read keeps the bookmarks, and says so.
    @Test func aDamagedListReleasesNothing() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        rig.append(try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(1)), .mark("kept")]))
        let mark = stream.position
        await rig.waitDurable(mark)
        rig.journal.setRetention(JournalRetention(window: 1, isHeld: true))
        _ = try await rig.release(mark).get()
        await rig.close()
        let path = rig.folder + "/released"
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[66] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try rig.open(nil)
        await rig.wait { events in events.contains { if case .finding = $0 { true } else { false } } }
        #expect(rig.findings.map(\.file) == [path])
        for value in 2..<40 {
            rig.append(
                try stream.frame([.write(volume: 0, address: 0, bytes: Self.bytes(value, units: 1_200)), .flush]))
        }
        await rig.waitDurable(stream.position)
        rig.journal.setRetention(JournalRetention(window: 1))
        #expect(try await rig.read(.bookmark("kept"), range: 0..<4096).get() == Self.bytes(1, units: 8))
        try await rig.end()
    }

    @Test func volumesComeAndChangeInTheStream() async throws {
        let rig = try TestJournal(volumes: [Self.volume])
        var stream = TestStream()
        defer { stream.free() }
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        let early = try stream.frame([.write(volume: 1, address: 0, bytes: Self.bytes(1, units: 8))])
        #expect(await rig.refusal(of: early).reason == .unknownVolume(VolumeNumber(1)))
        stream.stepBack(to: .none)
        rig.append(
            try stream.frame([
                .resize(volume: 1, size: 8192, blockSize: 512),
                .write(volume: 1, address: 15, bytes: Self.bytes(7, units: 1)), .flush,
            ]))
        let small = stream.position
        rig.append(try stream.frame([.resize(volume: 1, size: 4096, blockSize: 512), .flush]))
        rig.append(try stream.frame([.resize(volume: 1, size: 8192, blockSize: 512), .flush]))
        await rig.waitDurable(stream.position)
        let old = try await rig.read(.position(Generation(1), sequence: small.sequence), volume: 1).get()
        #expect(old == [UInt8](repeating: 0, count: 15 * 512) + Self.bytes(7, units: 1))
        let new = try await rig.read(.newest, volume: 1).get()
        #expect(new == [UInt8](repeating: 0, count: 8192))
        await rig.close()
        try rig.open(nil)
        #expect(await rig.status().volumes.map(\.size) == [1 << 20, 8192])
        try await rig.end()
    }

    @Test func whatCannotBeOpenedIsToldInASentence() async throws {
        let odd = JournalVolume(number: VolumeNumber(2), size: 1_000, blockSize: 512)
        let refused = #expect(throws: JournalOpenError.self) { _ = try TestJournal(volumes: [odd]) }
        #expect(refused?.description.hasSuffix("1000 bytes is no multiple of its blocks of 512 bytes") == true)
        let rig = try TestJournal(volumes: [Self.volume])
        await rig.close()
        #expect(throws: JournalOpenError.self) {
            _ = try Journal.open(rig.folder, machine: MachineID(high: 8, low: 8), volumes: nil, on: rig.host) { _ in }
        }
        #expect(throws: JournalOpenError.self) {
            _ = try Journal.open(rig.folder + "-none", machine: rig.machine, volumes: nil, on: rig.host) { _ in }
        }
        try await rig.end()
    }
}
