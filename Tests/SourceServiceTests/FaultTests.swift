import CaptureProtocol
import Foundation
import NIOCore
import Primitives
import StreamProtocol
import Testing

@testable import SourceService

/// What may go wrong between a source and its receivers.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: Tool.path("qemu-io") != nil, "qemu-io is not there"))
struct FaultTests {
    static let mib = 1 << 20

    /// The connection is cut again and again, during the copy and during live writes.
    @Test func cutsAnywhere() async throws {
        let source = try TestSource(size: 16 * Self.mib)
        try source.fill(0..<8 * Self.mib, seed: 2)
        let receiver = try await source.receiver()
        receiver.set { $0.framesUntilCut = 3 }
        try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        for step in 0..<5 {
            receiver.set { $0.framesUntilCut = 1 }
            try await Tool.qemuIO(source.nbd, ["write -P \(step + 1) \(step)M 512k", "flush", "write -P 9 9M 4k"])
        }
        let after = try source.content()
        await receiver.until { $0.holds(after) }
        #expect(receiver.state.problems == [])
        try await source.stop()
        try await receiver.end()
    }

    @Test func theSecondReceiverGoesOn() async throws {
        let source = try TestSource(size: 8 * Self.mib)
        try source.fill(0..<2 * Self.mib, seed: 3)
        let first = try await source.receiver()
        let second = try await source.receiver()
        try await source.start(source.assignment(first, second))
        await first.until(\.isConsistent)
        try await first.stop()
        try await Tool.qemuIO(source.nbd, ["write -P 7 4M 1M", "flush"])
        let after = try source.content()
        await second.until { $0.holds(after) }
        #expect(second.state.problems == [])
        try await source.stop()
        try await first.end()
        try await second.end()
    }

    /// More than ring and spool hold: ranges are noted, and brought once the receiver takes them.
    @Test(arguments: [0, 16]) func overflow(spool: Int) async throws {
        let source = try TestSource(size: 64 * Self.mib, ring: 32, spool: spool)
        let receiver = try await source.receiver()
        try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        receiver.set {
            $0.answersAcknowledgements = false
            $0.credits = 0
        }
        receiver.cut()
        try await Tool.qemuIO(
            source.nbd, (0..<4).map { "write -P \($0 + 1) \($0 * 16)M 16M" } + ["flush", "write -P 99 3M 4k"])
        receiver.set {
            $0.answersAcknowledgements = true
            $0.credits = 64 << 20
        }
        receiver.cut()
        let after = try source.content()
        await receiver.until { $0.isConsistent && $0.holds(after) }
        #expect(receiver.state.problems == [])
        try await source.stop()
        try await receiver.end()
    }

    @Test func anOrderedStopNeedsNoComparison() async throws {
        let source = try TestSource(size: 16 * Self.mib)
        try source.fill(0..<4 * Self.mib, seed: 4)
        let receiver = try await source.receiver()
        try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        try await Tool.qemuIO(source.nbd, ["write -P 7 6M 1M", "flush"])
        try await source.stop()
        let sent = receiver.state.payloadBytes
        try await source.start(source.assignment(receiver))
        await receiver.until { $0.hellos.count > 1 && $0.isConsistent && $0.tail.generation.number == 2 }
        #expect(receiver.state.compared == 0)
        try await Tool.qemuIO(source.nbd, ["write -P 8 7M 64k", "flush"])
        let after = try source.content()
        await receiver.until { $0.holds(after) }
        #expect(receiver.state.payloadBytes < sent + 100_000)
        #expect(receiver.state.problems == [])
        try await source.stop()
        // Whoever writes to the image meanwhile is found out.
        try source.fill(Self.mib..<Self.mib + 8192, seed: 5)
        try await source.start(source.assignment(receiver))
        let changed = try source.content()
        await receiver.until { $0.holds(changed) }
        #expect(receiver.state.compared == 4096)
        try await source.stop()
        try await receiver.end()
    }

    /// A flush for the marks that begins after the last flush holds the end up, and then lets it go on.
    @Test func endsWhileMarksAreSettled() async throws {
        let source = try TestSource(size: 4 * Self.mib)
        let receiver = try await source.receiver()
        let running = try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        await withCheckedContinuation { continuation in
            running.taps.post { set in
                set.end { continuation.resume() }
                set.flushed {}
            }
        }
        try await source.stop()
        try await receiver.end()
    }

    @Test func bookmarksAndGrowth() async throws {
        let source = try TestSource(size: 4 * Self.mib)
        let receiver = try await source.receiver()
        let running = try await source.start(source.assignment(receiver))
        await receiver.until(\.isConsistent)
        receiver.send(.bookmark(BookmarkText("before the update")!))
        await receiver.until { $0.bookmarks == ["before the update"] }
        let answer = try await running.shipper.loop.submit { running.answer("bookmark by hand") }.get()
        #expect(answer == "done")
        await receiver.until { $0.bookmarks.count == 2 }
        try source.truncate(to: 6 * Self.mib)
        await receiver.until { $0.replica[0]?.count == 6 * Self.mib }
        try await Tool.qemuIO(source.nbd, ["write -P 3 5M 64k", "flush"])
        let after = try source.content()
        await receiver.until { $0.holds(after) }
        try await source.stop()
        try await receiver.end()
    }
}
