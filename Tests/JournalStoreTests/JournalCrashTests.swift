import Foundation
import Glibc
import JournalCore
import JournalStore
import Primitives
import StreamProtocol
import Testing

/// A child writes a journal, says what is durable, and is killed at random moments.
@Suite(.serialized, .timeLimit(.minutes(2))) struct JournalCrashTests {
    private static let volume = JournalVolume(number: VolumeNumber(0), size: 2 << 20, blockSize: 512)
    private static let variable = "KEELSON_CRASH_JOURNAL"

    /// The frame with this number is the same in every life.
    private static func records(_ number: UInt64) -> [TestStream.Record] {
        var random = SeededRandom(seed: number)
        let units = Int.random(in: 1...256, using: &random)
        let address = UInt64.random(in: 0...UInt64(4096 - units), using: &random)
        let value = UInt8.random(in: 1...255, using: &random)
        return [.write(volume: 0, address: address, bytes: [UInt8](repeating: value, count: units * 512)), .flush]
    }

    private static func content(after frames: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(volume.size))
        for number in 0..<frames {
            guard case .write(_, let address, let own, _) = records(number)[0] else { continue }
            bytes.replaceSubrange(Int(address) * 512..<Int(address) * 512 + own.count, with: own)
        }
        return bytes
    }

    /// Not a test of its own: what the child does until it is killed.
    @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] != nil)) func child() async throws {
        let folder = try #require(ProcessInfo.processInfo.environment[Self.variable])
        let rig = try TestJournal(at: folder, volumes: [Self.volume])
        var stream = TestStream()
        let tail = await rig.status().durable
        if tail == .none { #expect(await rig.begin(Generation(1), after: .none) == nil) }
        rig.journal.setRetention(JournalRetention(window: 40_000_000))
        rig.printDurable()
        var number: UInt64 = 0
        while true {
            let frame = try stream.frame(Self.records(number))
            number += 1
            if stream.position.sequence <= tail.sequence { continue }
            rig.append(frame)
            if number % 4 == 0 { await rig.waitDurable(stream.position) }
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] == nil)) func nothingDurableIsLost() async throws {
        let folder = NSTemporaryDirectory() + "/crash-\(UUID().uuidString)"
        var random = SeededRandom(seed: 11)
        for _ in 0..<6 {
            let lines = Int.random(in: 1...90, using: &random)
            guard let durable = try Self.run(folder, killingAfter: lines) else {
                print("the test program cannot be started again: not tested")
                return
            }
            let rig = try TestJournal(at: folder, volumes: [Self.volume])
            let found = await rig.status().durable
            #expect(found.sequence >= durable)
            #expect(rig.findings == [])
            #expect(try await rig.read(.newest).get() == Self.content(after: found.sequence / 2))
            let oldest = try #require(try await rig.points().last).position
            let read = try await rig.read(.position(oldest.generation, sequence: oldest.sequence)).get()
            #expect(read == Self.content(after: oldest.sequence / 2))
            await rig.close()
            rig.stop()
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    /// - Returns: the last sequence that the child called durable; nil when no child could be had.
    private static func run(_ folder: String, killingAfter lines: Int) throws -> UInt64? {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        var arguments = Array(CommandLine.arguments.dropFirst())
        while let filter = arguments.firstIndex(of: "--filter"), filter + 1 < arguments.count {
            arguments.removeSubrange(filter...filter + 1)
        }
        while let skip = arguments.firstIndex(of: "--skip"), skip + 1 < arguments.count {
            arguments.removeSubrange(skip...skip + 1)
        }
        child.arguments = arguments + ["--filter", "JournalCrashTests/child"]
        child.environment = ProcessInfo.processInfo.environment.merging([variable: folder]) { $1 }
        let pipe = Pipe()
        child.standardOutput = pipe
        child.standardError = FileHandle.nullDevice
        try child.run()
        var durable: UInt64?
        var count = 0
        var text = ""
        while count < lines {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            text += String(decoding: data, as: UTF8.self)
            while let end = text.firstIndex(of: "\n") {
                let line = text[..<end]
                text = String(text[text.index(after: end)...])
                guard line.hasPrefix("durable "), let sequence = UInt64(line.dropFirst(8)) else { continue }
                durable = sequence
                count += 1
            }
        }
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        return durable
    }
}
