import CaptureProtocol
import Foundation
import Lab
import Primitives
import StreamProtocol
import Testing

@testable import SourceService

@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: Tool.path("qemu-io") != nil, "qemu-io is not there"))
struct StreamTests {
    static let mib = 1 << 20

    @Test func firstCopyThenEveryWrite() async throws {
        let source = try TestSource(size: 16 * Self.mib)
        try source.fill(Self.mib..<4 * Self.mib, seed: 1)
        let receiver = try await source.receiver()
        try await source.start(source.assignment(receiver))
        let before = try source.content()
        await receiver.until { $0.isConsistent && $0.holds(before) }
        #expect(receiver.state.payloadBytes < 3 * Self.mib + 4096, "zeros travelled")
        try await Tool.qemuIO(
            source.nbd,
            [
                "write -P 17 8M 64k", "write -P 18 8192k 4k", "flush", "write -z 1M 1M", "discard 2M 64k",
                "write -f -P 19 12M 4k", "write -P 0 3M 64k", "flush",
            ])
        let after = try source.content()
        await receiver.until { $0.holds(after) }
        #expect(receiver.state.problems == [])
        try await source.stop()
        try await receiver.end()
    }

    /// Each flush is a point, and the replica there holds exactly what had completed.
    @Test func everyBarrierIsAPrefix() async throws {
        let source = try TestSource(size: 4 * Self.mib)
        let receiver = try await source.receiver()
        receiver.set { $0.keepsPoints = true }
        try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        let first = receiver.state.points.count
        var model = [UInt8](repeating: 0, count: 4 * Self.mib)
        var random = SeededRandom(seed: 5)
        var commands: [String] = []
        var expected: [Int] = []
        for step in 1...40 {
            let block = Int.random(in: 0..<1000, using: &random)
            commands += ["write -P \(step) \(block * 4096) 4k", "flush"]
            model.replaceSubrange(block * 4096..<block * 4096 + 4096, with: repeatElement(UInt8(step), count: 4096))
            expected.append(model.hashValue)
        }
        try await Tool.qemuIO(source.nbd, commands)
        await receiver.until { $0.points.count >= first + expected.count }
        #expect(Array(receiver.state.points[first..<first + expected.count].map(\.hash)) == expected)
        try await source.stop()
        try await receiver.end()
    }

    /// Who never flushes has points all the same: the newest one follows within moments.
    @Test func whatNobodyFlushesBecomesAPoint() async throws {
        let source = try TestSource(size: 4 * Self.mib)
        let receiver = try await source.receiver()
        receiver.set { $0.keepsPoints = true }
        try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        let client = try NBDClient(socket: source.folder + "/nbd", export: "disk")
        for step in 0..<3 { try client.write([UInt8](repeating: 7, count: 4096), at: UInt64(step) << 16) }
        let expected = try source.content().hashValue
        await receiver.until { $0.points.last?.kind == .cut && $0.points.last?.hash == expected }
        #expect(receiver.state.problems == [])
        try await source.stop()
        try await receiver.end()
    }
}
