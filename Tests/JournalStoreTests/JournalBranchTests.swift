import BlockIO
import Foundation
import JournalCore
import JournalStore
import Primitives
import StreamProtocol
import Testing

@Suite(.timeLimit(.minutes(2))) struct JournalBranchTests {
    private static let volume = JournalVolume(number: VolumeNumber(0), size: 300 * 512, blockSize: 512)

    /// A journal with one point of known bytes.
    private static func rig(_ stream: inout TestStream) async throws -> (TestJournal, [UInt8]) {
        let rig = try TestJournal(volumes: [volume])
        #expect(await rig.begin(Generation(1), after: .none) == nil)
        let bytes = (0..<200 * 512).map { UInt8(truncatingIfNeeded: $0 / 512) }
        rig.append(try stream.frame([.write(volume: 0, address: 50, bytes: bytes), .flush]))
        await rig.waitDurable(stream.position)
        let zeros = [UInt8](repeating: 0, count: 50 * 512)
        return (rig, zeros + bytes + zeros)
    }

    private static func open(_ rig: TestJournal) async throws -> BranchDevice {
        try await withCheckedContinuation { go in
            rig.journal.openBranch("one", at: .newest) { go.resume(returning: $0) }
        }.get()[0]
    }

    private static func change(
        _ device: BranchDevice, _ model: inout [UInt8], on rig: TestJournal, _ random: inout SeededRandom
    ) async -> Int32 {
        let start = Int.random(in: 0..<299, using: &random)
        let count = Int.random(in: 1...min(40, 300 - start), using: &random)
        let kind = Int.random(in: 0..<4, using: &random)
        let value: UInt8 = kind == 0 ? 0 : UInt8.random(in: 1...255, using: &random)
        model.replaceSubrange(start * 512..<(start + count) * 512, with: repeatElement(value, count: count * 512))
        let request = ChangeRequest(
            kind: kind == 0 ? .writeZeroes : .write, isForced: kind == 1, offset: UInt64(start * 512),
            length: count * 512, value: value)
        return await rig.change(device, request)
    }

    @Test func aBranchIsItsPointWithWhatWasWritten() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, point) = try await Self.rig(&stream)
        var model = point
        var random = SeededRandom(seed: 3)
        let device = try await Self.open(rig)
        for round in 0..<60 {
            #expect(await Self.change(device, &model, on: rig, &random) == 0)
            if round % 10 == 9 { #expect(try await rig.read(device, chunk: 51_200) {}.get() == model) }
        }
        #expect(try await rig.read(.newest).get() == point)
        // What was flushed is there after the branch is opened anew.
        #expect(await rig.change(device, ChangeRequest(kind: .flush)) == 0)
        #expect(try await rig.read(device, range: 0..<512) { device.close() }.get() == Array(model[..<512]))
        let again = try await Self.open(rig)
        #expect(try await rig.read(again) { again.close() }.get() == model)
        await rig.close()
        try rig.open(nil)
        try rig.journal.deleteBranch("one")
        let fresh = try await Self.open(rig)
        #expect(try await rig.read(fresh) { fresh.close() }.get() == point)
        try await rig.end()
    }

    @Test func anOpenPointIsNotFoldedAway() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, point) = try await Self.rig(&stream)
        let device = try await Self.open(rig)
        for value in 0..<400 as Range<UInt64> {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: value), count: 100 * 512)
            rig.append(try stream.frame([.write(volume: 0, address: value % 200, bytes: bytes), .flush]))
        }
        await rig.waitDurable(stream.position)
        rig.journal.setRetention(JournalRetention(window: 1))
        #expect(try await rig.read(device) { device.close() }.get() == point)
        // Closing it lets folding go on.
        await rig.waitFolded()
        try await rig.end()
    }

    @Test func aNodeWithoutACopyGetsBaseAndFrames() async throws {
        var stream = TestStream()
        defer { stream.free() }
        let (rig, _) = try await Self.rig(&stream)
        for value in 0..<400 as Range<UInt64> {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: value), count: 100 * 512)
            rig.append(try stream.frame([.write(volume: 0, address: value % 200, bytes: bytes), .flush]))
        }
        await rig.waitDurable(stream.position)
        rig.journal.setRetention(JournalRetention(window: 1))
        await rig.waitFolded()
        let other = try TestJournal(volumes: [Self.volume])
        let start = try await rig.pauseFolding()
        let builder = try other.journal.buildBase(volumes: start.volumes)
        var address: UInt64 = 0
        while let range = try await rig.baseRange(from: address) {
            #expect(range.address == address && range.units > 0)
            try builder.write(range)
            address += range.units
        }
        #expect(address == 300)
        #expect(await other.finish(builder, start) == nil)
        #expect(await other.status().durable == start.place.position)
        var position = start.place.position
        while position != stream.position {
            for frame in try await rig.frames(after: position).get() {
                other.append(frame)
                position = StreamPosition(
                    generation: frame.header.generation, sequence: frame.header.lastSequence,
                    digest: position.digest.following(frame.frame))
            }
        }
        rig.journal.resumeFolding()
        await other.waitDurable(position)
        #expect(try await other.read(.newest).get() == (try await rig.read(.newest).get()))
        await other.close()
        try other.open(nil)
        #expect(other.findings == [])
        #expect(await other.status().durable == stream.position)
        #expect(try await other.read(.newest).get() == (try await rig.read(.newest).get()))
        try await rig.end()
        try await other.end()
    }
}

/// A change of a device, with all bytes alike.
struct ChangeRequest: Sendable {
    var kind: BlockRequest.Kind
    var isForced = false
    var offset: UInt64 = 0
    var length = 0
    var value: UInt8 = 0
}

extension TestJournal {
    /// - Returns: the errno.
    func change(_ device: BranchDevice, _ change: ChangeRequest) async -> Int32 {
        await withCheckedContinuation { go in
            loop.post { DeviceChange(change) { go.resume(returning: $0) }.begin(device) }
        }
    }

    func pauseFolding() async throws -> BaseCopyStart {
        try await withCheckedContinuation { go in journal.pauseFolding { go.resume(returning: $0) } }.get()
    }

    func baseRange(from address: UInt64) async throws -> BaseRange? {
        try await withCheckedContinuation { go in
            journal.baseRange(VolumeNumber(0), from: address) { go.resume(returning: $0) }
        }.get()
    }

    func finish(_ builder: BaseBuilder, _ start: BaseCopyStart) async -> String? {
        await withCheckedContinuation { go in
            builder.finish(start) { go.resume(returning: $0.map { "\($0)" }) }
        }
    }
}

private final class DeviceChange: BlockClient {
    private let change: ChangeRequest
    private let done: (Int32) -> Void
    private let memory: UnsafeMutableRawPointer
    private var own: DeviceChange?

    init(_ change: ChangeRequest, _ done: @escaping (Int32) -> Void) {
        self.change = change
        self.done = done
        memory = .allocate(byteCount: max(4096, change.length), alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: change.value, count: change.length)
    }

    deinit { memory.deallocate() }

    func begin(_ device: BranchDevice) {
        own = self
        device.submit(
            BlockRequest(
                change.kind, offset: change.offset, length: change.length,
                memory: change.kind == .write ? memory : nil, isForced: change.isForced, token: 5), for: self)
        device.endTurn()
    }

    func completed(_ token: UInt64, errno: Int32) {
        own = nil
        done(errno)
    }
}
