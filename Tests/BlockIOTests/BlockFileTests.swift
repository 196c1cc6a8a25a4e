import Glibc
import Linux
import Testing

@testable import BlockIO

@Suite struct BlockFileTests {
    private func withFile(
        size: UInt64 = 1 << 20, depth: Int = 16, _ body: (BlockFile) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        let loop = try BlockLoop("test", depth: depth)
        let file = try BlockFile(scratch.file(size: size), on: loop)
        try await body(file)
        loop.stop()
    }

    @Test func readsWhatWasWrittenMoreThanTheQueueHolds() async throws {
        try await withFile { file in
            let memories = (0..<100).map { Memory(4096, filledWith: UInt8($0)) }
            let writes = memories.enumerated().map { index, memory in
                BlockRequest(.write, offset: UInt64(index) * 4096, length: 4096, memory: memory.base, token: 0)
            }
            #expect(await Requests.run(writes, on: file) == Array(repeating: 0, count: 100))
            let all = Memory(100 * 4096)
            let read = BlockRequest(.read, length: all.count, memory: all.base, token: 0)
            #expect(await Requests.run([read], on: file) == [0])
            #expect(all.bytes == (0..<100).flatMap { Array(repeating: UInt8($0), count: 4096) })
            withExtendedLifetime(memories) {}
        }
    }

    @Test func forcedWritesAndFlushesSucceed() async throws {
        try await withFile { file in
            let memory = Memory(4096, filledWith: 7)
            let write = BlockRequest(.write, length: 4096, memory: memory.base, isForced: true, token: 0)
            #expect(await Requests.run([write, BlockRequest(.flush, token: 0)], on: file) == [0, 0])
            #expect(file.fault == nil)
        }
    }

    @Test(arguments: [true, false]) func zeroesReadAsZeros(mayFreeSpace: Bool) async throws {
        try await withFile { file in
            let memory = Memory(65_536, filledWith: 0xFF)
            let write = BlockRequest(.write, length: memory.count, memory: memory.base, token: 0)
            #expect(await Requests.run([write], on: file) == [0])
            let zero = BlockRequest(
                .writeZeroes, offset: 4096, length: 8192, isForced: true, mayFreeSpace: mayFreeSpace, token: 0)
            #expect(await Requests.run([zero], on: file) == [0])
            let read = BlockRequest(.read, length: memory.count, memory: memory.base, token: 0)
            #expect(await Requests.run([read], on: file) == [0])
            let bytes = memory.bytes
            #expect(bytes[4095] == 0xFF && bytes[12_288] == 0xFF)
            #expect(bytes[4096..<12_288].allSatisfy { $0 == 0 })
        }
    }

    @Test func extentsFollowDiscards() async throws {
        try await withFile { file in
            let memory = Memory(1 << 20, filledWith: 1)
            let write = BlockRequest(.write, length: memory.count, memory: memory.base, token: 0)
            let discard = BlockRequest(.discard, offset: 65_536, length: 131_072, token: 0)
            #expect(await Requests.run([write], on: file) == [0])
            #expect(await Requests.run([discard], on: file) == [0])
            let extents = try await file.loop.run { Result { try file.extents(offset: 4096, length: 524_288) } }.get()
            #expect(
                extents == [
                    BlockExtent(length: 61_440, isAllocated: true), BlockExtent(length: 131_072, isAllocated: false),
                    BlockExtent(length: 331_776, isAllocated: true),
                ])
        }
    }

    @Test func aFileThatShrankIsAnInputOutputErrorWithASentence() async throws {
        try await withFile { file in
            let sentences = Memory(4096)
            let told = Told()
            await file.loop.run { file.failed = { told.sentences.append("\($0)") } }
            #expect(truncate(file.path, 524_288) == 0)
            let inside = BlockRequest(.read, length: 4096, memory: sentences.base, token: 0)
            let across = Memory(1 << 20)
            let past = BlockRequest(.read, length: across.count, memory: across.base, token: 0)
            #expect(await Requests.run([inside, past], on: file) == [0, EIO])
            let sentence = try #require(await file.loop.run { told.sentences }.first)
            #expect(sentence.contains("1048576 bytes at 0, where it ended earlier, of \(file.path)"))
        }
    }

    @Test func aFailedFlushFaultsTheDevice() async throws {
        try await withFile { file in
            let memory = Memory(4096)
            // No disk here fails on demand: the kernel's answer is put in its place.
            let code = await withCheckedContinuation { continuation in
                file.loop.post { Answer(continuation).flush(file, answering: EIO) }
            }
            #expect(code == EIO)
            #expect(file.fault == SystemError(operation: "flush", subject: file.path, errno: EIO))
            let write = BlockRequest(.write, length: 4096, memory: memory.base, token: 0)
            let read = BlockRequest(.read, length: 4096, memory: memory.base, token: 0)
            let codes = await Requests.run([write, BlockRequest(.flush, token: 0), read], on: file)
            #expect(codes == [EIO, EIO, 0])
            let again = try BlockFile(file.path, on: file.loop)
            #expect(await Requests.run([BlockRequest(.flush, token: 0)], on: again) == [0])
        }
    }

    @Test func whatIsNoDiskIsRefusedWithASentence() throws {
        let scratch = try Scratch()
        let loop = try BlockLoop("test")
        defer { loop.stop() }
        let odd = try scratch.file(size: 1000)
        #expect(throws: BlockFileError.oddSize(path: odd, size: 1000, blockSize: 512)) {
            try BlockFile(odd, on: loop)
        }
        #expect(throws: BlockFileError.notADisk(path: scratch.path)) {
            try BlockFile(scratch.path, on: loop, access: .readOnly)
        }
        let missing = scratch.path + "/missing"
        #expect(throws: BlockFileError.system(SystemError(operation: "open", subject: missing, errno: ENOENT))) {
            try BlockFile(missing, on: loop)
        }
        let pipe = scratch.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: BlockFileError.notADisk(path: pipe)) { try BlockFile(pipe, on: loop, access: .readOnly) }
    }

    @Test func bytesOverThePoolAreRefused() {
        var pool = AlignedPool(bufferSize: 8192, count: 2)
        let first = pool.take()
        let second = pool.take()
        #expect(first != nil && second != nil && first != second)
        #expect(Int(bitPattern: first) % 4096 == 0)
        #expect(pool.take() == nil)
        if let first { pool.give(first) }
        #expect(pool.take() == first)
        if let first { pool.give(first) }
        if let second { pool.give(second) }
        #expect(pool.available == 2)
    }
}

private final class Told: @unchecked Sendable {
    // @unchecked: touched on the loop only.
    var sentences: [String] = []
}

/// A request whose answer comes from the test.
private final class Answer: BlockClient {
    private let continuation: CheckedContinuation<Int32, Never>

    init(_ continuation: CheckedContinuation<Int32, Never>) { self.continuation = continuation }

    /// Devices do not keep it alive.
    private var itself: Answer?

    func flush(_ file: BlockFile, answering code: Int32) {
        itself = self
        let request = BlockRequest(.flush, token: 0)
        file.answer(SubmissionQueue.Slot(file: file, client: self, request: request, done: 0), errno: code)
    }

    func completed(_ token: UInt64, errno: Int32) {
        continuation.resume(returning: errno)
        itself = nil
    }
}
