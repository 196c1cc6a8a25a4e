import Primitives
import Testing

@testable import Lab

/// What a protected machine does meanwhile: it writes, and sees how long each write and flush takes.
struct Production {
    /// What a slow disk may need; whatever is wrong with the nodes lasts longer.
    static let patience = Span.seconds(3)
    private static let blockLength = 65_536

    private let disk: NBDClient
    private var block: [UInt8]
    private var number: UInt64 = 0
    private(set) var slowest = Span.zero

    init(_ source: SourceProcess) throws {
        disk = try Condition.wait(for: "the disk", within: .seconds(20)) { () throws(LabError) in
            try NBDClient(socket: source.socket, export: "disk")
        }
        var random = SeededRandom(seed: 1)
        block = (0..<Self.blockLength).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Writes blocks of 64 KiB that no codec makes smaller, each other than all before, around the disk, with a flush
    /// behind every 16th.
    mutating func write(mebibytes: Int) throws {
        for _ in 0..<mebibytes << 20 / Self.blockLength {
            withUnsafeBytes(of: number) { block.replaceSubrange(0..<8, with: $0) }
            let offset = number * UInt64(Self.blockLength) % (disk.size / UInt64(Self.blockLength) * 65_536)
            let start = LabClock.now()
            try disk.write(block, at: offset)
            number += 1
            if number % 16 == 0 { try disk.flush() }
            slowest = max(slowest, LabClock.now() - start)
        }
    }
}
