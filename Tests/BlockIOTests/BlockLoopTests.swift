import BlockIO
import Glibc
import Linux
import Primitives
import Synchronization
import Testing

@Suite struct BlockLoopTests {
    @Test func runsPostsInOrderUntilItIsStopped() throws {
        let loop = try BlockLoop("test")
        let seen = Mutex<[Int]>([])
        for number in 0..<100 { loop.post { seen.withLock { $0.append(number) } } }
        loop.stop()
        #expect(seen.withLock { $0 } == Array(0..<100))
        #expect(!loop.post { seen.withLock { $0.append(-1) } })
    }

    @Test func knowsItsThread() async throws {
        let loop = try BlockLoop("test")
        #expect(!loop.isCurrent)
        #expect(await loop.run { loop.isCurrent })
        loop.stop()
    }

    @Test func timersFireInTheOrderOfTheirMoments() async throws {
        let loop = try BlockLoop("test")
        let order = await withCheckedContinuation { (continuation: CheckedContinuation<[Int], Never>) in
            loop.post {
                let now = BootClock.now
                let seen = Seen()
                _ = loop.schedule(at: now + .milliseconds(3)) {
                    seen.numbers.append(3)
                    continuation.resume(returning: seen.numbers)
                }
                _ = loop.schedule(at: now + .milliseconds(1)) { seen.numbers.append(1) }
                let cancelled = loop.schedule(at: now + .milliseconds(2)) { seen.numbers.append(2) }
                _ = loop.schedule(at: now + .milliseconds(1)) { seen.numbers.append(11) }
                loop.cancel(cancelled)
            }
        }
        #expect(order == [1, 11, 3])
        loop.stop()
    }

    @Test func tellsWhenADescriptorIsReady() async throws {
        let loop = try BlockLoop("test")
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let byte = try await withCheckedThrowingContinuation { continuation in
            loop.post {
                let reader = Reader(loop, reading) { continuation.resume(with: $0) }
                reader.start()
                _ = Glibc.write(writing, "k", 1)
            }
        }
        #expect(byte == UInt8(ascii: "k"))
        loop.stop()
        close(reading)
        close(writing)
    }
}

private final class Seen {
    var numbers: [Int] = []
}

/// Reads one byte and stops watching.
private final class Reader: DescriptorHandler {
    private let loop: BlockLoop
    private let descriptor: Int32
    private let done: (Result<UInt8, any Error>) -> Void
    private var watch: BlockLoop.Watch?

    init(_ loop: BlockLoop, _ descriptor: Int32, _ done: @escaping (Result<UInt8, any Error>) -> Void) {
        self.loop = loop
        self.descriptor = descriptor
        self.done = done
    }

    func start() {
        do {
            watch = try loop.watch(descriptor, .readable, self)
        } catch {
            done(.failure(error))
        }
    }

    func ready(_ readiness: Readiness) {
        guard readiness.contains(.readable), let watch else { return }
        var byte: UInt8 = 0
        _ = Glibc.read(descriptor, &byte, 1)
        loop.unwatch(watch)
        done(.success(byte))
    }
}
