import BlockIO
import Foundation
import JournalCore
import JournalStore
import Linux
import Primitives
import StreamProtocol

/// What a journal costs: opening any point, reading at the head beside a raw file, and how both grow.
public enum JournalBench {
    private static let machine = MachineID(high: 1, low: 1)

    /// Measures in a folder on the disk that counts; needs about 6 GiB there, and removes what it made.
    ///
    /// - Parameter sizes: of the sparse journals, in GiB.
    /// - Throws: what made it impossible.
    public static func run(in parent: String, sizes: [Int] = [1, 10, 40, 100]) async throws -> [Goal] {
        var goals: [Goal] = []
        let loop = try BlockLoop("journal-bench")
        let host = try JournalHost(loop: loop)
        for gigabytes in sizes {
            goals += try await sparse(gigabytes, in: parent + "/sparse", host)
        }
        goals += try await head(in: parent + "/head", host)
        host.stop()
        loop.stop()
        return goals
    }

    private static func open(
        _ folder: String, _ volumes: [JournalVolume]?, _ host: JournalHost
    ) async throws -> Journal {
        try Journal.open(folder, machine: machine, volumes: volumes, on: host) { event in
            if case .finding(let finding) = event { print("finding: \(finding)") }
        }
    }

    private static func close(_ journal: Journal) async {
        await withCheckedContinuation { go in journal.close { go.resume() } }
    }

    private static func status(_ journal: Journal) async -> JournalStatus {
        await withCheckedContinuation { go in journal.status { go.resume(returning: $0) } }
    }

    // MARK: Many records

    private static func sparse(_ gigabytes: Int, in folder: String, _ host: JournalHost) async throws -> [Goal] {
        let synthetic = SyntheticJournal(folder: folder, segments: gigabytes * 4)
        await close(try await open(folder, [synthetic.volume], host))
        try synthetic.write()
        let began = LabClock.now()
        let journal = try await open(folder, nil, host)
        let opened = LabClock.now() - began
        let records = Double(synthetic.segments * SyntheticJournal.recordsPerSegment)
        while await status(journal).isMerging { LabClock.pass(.milliseconds(50)) }
        let merged = LabClock.now() - began
        let what = "journal of \(gigabytes) GiB, \(Int(records / 1e5) / 10).\(Int(records / 1e5) % 10) million records"
        var opening: [Span] = []
        var rate: [Double] = []
        var random = SeededRandom(seed: 3)
        for round in 0..<7 {
            let ordinal = UInt64.random(in: 1..<UInt64(records), using: &random)
            let start = LabClock.now()
            let device = try await point(round == 0 ? .newest : .time(ordinal * 1_000_000), journal)
            _ = try await reads(device, count: 1, depth: 1, seed: 1, on: host.loop)
            opening.append(LabClock.now() - start)
            rate.append(try await reads(device, count: 100_000, depth: 32, seed: UInt64(round), on: host.loop))
            host.loop.post { device.close() }
        }
        await close(journal)
        try Journal.delete(folder)
        let worst = Distribution(opening).worst?.seconds ?? 0
        return [
            Goal(what: "\(what): s to open the slowest of 7 points", ours: worst, goal: "at most 1", met: worst <= 1),
            Goal(
                what: "\(what): reads of 4 KiB a second at a point, depth 32, data sparse",
                ours: rate.sorted()[3], goal: "measured", met: true),
            Goal(
                what: "\(what): s to open the journal after a restart", ours: opened.seconds, goal: "measured",
                met: true),
            Goal(
                what: "\(what): s until its indexes are merged anew", ours: merged.seconds, goal: "measured",
                met: true),
        ]
    }

    private static func point(_ selection: PointSelection, _ journal: Journal) async throws -> PointDevice {
        try await withCheckedContinuation { go in
            journal.openPoint(selection) { go.resume(returning: $0) }
        }.get()[0]
    }

    private static func reads(
        _ device: any BlockDevice & Sendable, count: Int, depth: Int, seed: UInt64, on loop: BlockLoop
    ) async throws -> Double {
        let (rate, failures) = await withCheckedContinuation { go in
            loop.post {
                RandomReads(device, count: count, depth: depth, seed: seed) { rate, failures in
                    go.resume(returning: (rate, failures))
                }.begin()
            }
        }
        guard failures == 0 else { throw LabError("\(failures) of \(count) reads failed.") }
        return rate
    }

    // MARK: The head beside a raw file

    private static let headBytes: UInt64 = 1 << 30

    private static func head(in folder: String, _ host: JournalHost) async throws -> [Goal] {
        let volume = JournalVolume(number: VolumeNumber(0), size: headBytes, blockSize: 4096)
        let journal = try await open(folder, [volume], host)
        try await fill(journal, volume)
        let raw = folder + "/raw"
        try writeRaw(raw)
        let file = try BlockFile(raw, on: host.loop, access: .readOnly)
        let device = try await point(.newest, journal)
        var ours: [Double] = []
        var theirs: [Double] = []
        for round in 0..<5 {
            theirs.append(try await reads(file, count: 60_000, depth: 32, seed: UInt64(round), on: host.loop))
            ours.append(try await reads(device, count: 60_000, depth: 32, seed: UInt64(round), on: host.loop))
        }
        await withCheckedContinuation { go in
            host.loop.post {
                device.close()
                go.resume()
            }
        }
        await close(journal)
        try Journal.delete(folder)
        let (own, other) = (ours.sorted()[2], theirs.sorted()[2])
        let ratios = zip(ours, theirs).map { String(format: "%.3f", $0 / $1) }
        print("head beside raw, round by round: \(ratios.joined(separator: " "))")
        return [
            Goal(
                what: "reads of 4 KiB a second at the head, depth 32, 1 GiB written at random", ours: own,
                against: "the same file raw", theirs: other, goal: "at least 0.8 times", met: own >= 0.8 * other)
        ]
    }

    /// Every block once, in a random order.
    private static func fill(_ journal: Journal, _ volume: JournalVolume) async throws {
        let refusal = await withCheckedContinuation { go in
            journal.begin(Generation(1), after: .none) { go.resume(returning: $0) }
        }
        if let refusal { throw LabError("The journal refused: \(refusal).") }
        var random = SeededRandom(seed: 5)
        var blocks = Array(0..<volume.size / 4096)
        blocks.shuffle(using: &random)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FrameEncoder.bufferLength(recordLimit: 256), alignment: 4096)
        defer { memory.deallocate() }
        var bytes = [UInt8](repeating: 0, count: 4096)
        var sequence: UInt64 = 1
        var next = 0
        while next < blocks.count {
            var encoder = FrameEncoder(buffer: memory, recordLimit: 256)
            while next < blocks.count, encoder.recordCount < 255 {
                bytes[0] = UInt8(truncatingIfNeeded: next)
                bytes.withUnsafeBytes {
                    encoder.append(.write, volume: volume.number, address: blocks[next] * 8, payload: $0)
                }
                next += 1
            }
            encoder.append(.flush, volume: volume.number)
            let count = UInt64(encoder.recordCount)
            let frame = try FrameBuffer(
                judging: encoder.seal(
                    FrameHeader(
                        machine: machine, generation: Generation(1), firstSequence: sequence, writeEpoch: 1,
                        bytesAhead: 0, wallClock: sequence, monotonicClock: sequence)))
            sequence += count
            journal.append(frame) { print("refused: \($0)") }
            while await status(journal).durable.sequence + 65_536 < sequence { LabClock.pass(.milliseconds(1)) }
        }
        while await status(journal).durable.sequence + 1 < sequence { LabClock.pass(.milliseconds(1)) }
    }

    private static func writeRaw(_ path: String) throws {
        try BlockFile.create(path, size: 0)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        let data = Data(repeating: 0x5A, count: 4 << 20)
        for _ in 0..<headBytes / (4 << 20) { try file.write(contentsOf: data) }
        try file.synchronize()
        try file.close()
    }
}
