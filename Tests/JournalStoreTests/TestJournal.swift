import BlockIO
import Foundation
import JournalCore
import JournalStore
import Primitives
import StreamProtocol
import Synchronization
import Testing

/// A journal in a folder of its own with everything around it, for one test.
final class TestJournal: @unchecked Sendable {
    let folder: String
    let loop: BlockLoop
    let host: JournalHost
    var journal: Journal!
    private let events = Mutex<[JournalEvent]>([])
    private let waiters = Mutex<[Waiter]>([])
    private let printsDurable = Mutex(false)
    private var configuration: JournalConfiguration
    let machine = MachineID(high: 7, low: 9)

    private struct Waiter: Sendable {
        let isMet: @Sendable ([JournalEvent]) -> Bool
        let go: CheckedContinuation<Void, Never>
    }

    static let small = JournalConfiguration(
        segmentSize: 4 << 20, commitPause: .microseconds(200), reserve: 1 << 20, roomPause: .milliseconds(5))

    init(
        in parent: String = NSTemporaryDirectory(), volumes: [JournalVolume]?,
        configuration: JournalConfiguration = small
    ) throws {
        folder = parent + "/journal-\(UUID().uuidString)"
        self.configuration = configuration
        loop = try BlockLoop("test-journal")
        host = try JournalHost(loop: loop)
        try open(volumes)
    }

    /// In a folder that may be there already.
    init(at folder: String, volumes: [JournalVolume]) throws {
        self.folder = folder
        configuration = Self.small
        loop = try BlockLoop("test-journal")
        host = try JournalHost(loop: loop)
        try open(volumes)
    }

    /// Writes a line for each durable position from now on, for who reads this process's output.
    func printDurable() {
        printsDurable.withLock { $0 = true }
    }

    /// Ends the threads of a journal that is closed.
    func stop() {
        host.stop()
        loop.stop()
    }

    func open(_ volumes: [JournalVolume]?) throws {
        forgetEvents()
        journal = try Journal.open(
            folder, machine: machine, volumes: volumes, on: host, configuration: configuration
        ) { [unowned self] in self.took($0) }
    }

    private func took(_ event: JournalEvent) {
        if case .durable(let position, _) = event, printsDurable.withLock({ $0 }) {
            FileHandle.standardOutput.write(Data("durable \(position.sequence)\n".utf8))
        }
        let all = events.withLock { events in
            events.append(event)
            return events
        }
        let met = waiters.withLock { waiters in
            let met = waiters.filter { $0.isMet(all) }
            waiters.removeAll { $0.isMet(all) }
            return met
        }
        for waiter in met { waiter.go.resume() }
    }

    var allEvents: [JournalEvent] { events.withLock { $0 } }
    var findings: [JournalFinding] {
        allEvents.compactMap { if case .finding(let finding) = $0 { finding } else { nil } }
    }

    func forgetEvents() { events.withLock { $0 = [] } }

    /// Waits until the events so far are enough.
    func wait(for isMet: @escaping @Sendable ([JournalEvent]) -> Bool) async {
        await withCheckedContinuation { go in
            let isNow = waiters.withLock { waiters in
                // Under the lock: an event that comes meanwhile waits for it.
                if isMet(events.withLock { $0 }) { return true }
                waiters.append(Waiter(isMet: isMet, go: go))
                return false
            }
            if isNow { go.resume() }
        }
    }

    func waitDurable(_ position: StreamPosition) async {
        let now = await status().durable
        if now == position || now.isBehind(position) { return }
        await wait { events in
            events.contains {
                if case .durable(let durable, _) = $0 {
                    durable == position || durable.isBehind(position)
                } else {
                    false
                }
            }
        }
    }

    /// Waits until something was folded, or says why not.
    func waitFolded() async {
        await wait { events in
            events.contains {
                switch $0 {
                case .folded, .finding, .faulted: true
                case .durable, .full, .hasRoom: false
                }
            }
        }
        #expect(findings == [])
    }

    func append(_ frame: FrameBuffer) {
        journal.append(frame) { refusal in preconditionFailure("refused: \(refusal)") }
    }

    /// The refusal that a frame meets.
    func refusal(of frame: FrameBuffer) async -> JournalRefusal {
        await withCheckedContinuation { go in journal.append(frame) { go.resume(returning: $0) } }
    }

    /// Whether a frame becomes durable; false: it is refused.
    func isTaken(_ frame: FrameBuffer, _ position: StreamPosition) async -> Bool {
        let outcome = Mutex<Bool?>(nil)
        await withCheckedContinuation { go in
            let isOver = Mutex(false)
            let finish: @Sendable (Bool) -> Void = { isTaken in
                let isFirst = isOver.withLock { over in
                    defer { over = true }
                    return !over
                }
                guard isFirst else { return }
                outcome.withLock { $0 = isTaken }
                go.resume()
            }
            journal.append(frame) { _ in finish(false) }
            Task {
                await waitDurable(position)
                finish(true)
            }
        }
        return outcome.withLock { $0 } ?? false
    }

    /// What a verification finds.
    func verify(_ repair: JournalRepair?) async -> [JournalFinding] {
        await withCheckedContinuation { go in
            journal.verify(repairingFrom: repair) { state in
                if !state.isRunning { go.resume(returning: state.findings) }
            }
        }
    }

    func begin(_ generation: Generation, after predecessor: StreamPosition) async -> JournalRefusal? {
        await withCheckedContinuation { go in
            journal.begin(generation, after: predecessor) { go.resume(returning: $0) }
        }
    }

    func status() async -> JournalStatus {
        await withCheckedContinuation { go in journal.status { go.resume(returning: $0) } }
    }

    func points(limit: Int = 1_000_000) async throws -> [StoredPoint] {
        try await withCheckedContinuation { go in
            journal.points(before: .max, limit: limit) { go.resume(returning: $0) }
        }.get()
    }

    func frames(after position: StreamPosition, limit: Int = 1 << 20) async -> Result<[FrameBuffer], FramesError> {
        await withCheckedContinuation { go in
            journal.frames(after: position, limit: limit) { go.resume(returning: $0) }
        }
    }

    func release(_ bookmark: StreamPosition) async -> Result<StoredPoint, PointError> {
        await withCheckedContinuation { go in
            journal.release(bookmark: bookmark.generation, sequence: bookmark.sequence) { go.resume(returning: $0) }
        }
    }

    func close() async {
        await withCheckedContinuation { go in journal.close { go.resume() } }
        journal = nil
    }

    /// Closes what is open and removes the folder.
    func end() async throws {
        if journal != nil { await close() }
        stop()
        try FileManager.default.removeItem(atPath: folder)
    }
}

extension TestJournal {
    /// The bytes of a volume at a point; the errno when they cannot be read.
    func read(
        _ selection: PointSelection, volume: UInt16 = 0, range: Range<Int>? = nil, chunk: Int = 1 << 20
    ) async throws -> Result<[UInt8], DeviceError> {
        let devices = try await withCheckedContinuation { go in
            journal.openPoint(selection, volumes: [VolumeNumber(volume)]) { go.resume(returning: $0) }
        }.get()
        return await read(devices[0], range: range, chunk: chunk) { (devices[0] as PointDevice).close() }
    }

    func read(
        _ device: any BlockDevice & Sendable, range: Range<Int>? = nil, chunk: Int = 1 << 20,
        close: @escaping @Sendable () -> Void
    ) async -> Result<[UInt8], DeviceError> {
        await withCheckedContinuation { go in
            loop.post {
                let range = range ?? 0..<Int(device.geometry.size)
                DeviceReading(device, range, chunk) { outcome in
                    close()
                    go.resume(returning: outcome)
                }.begin()
            }
        }
    }
}

struct DeviceError: Error, Equatable {
    let errno: Int32
}

/// Reads a range of a device in pieces that are all under way at once.
private final class DeviceReading: BlockClient {
    private let device: any BlockDevice
    private let range: Range<Int>
    private let chunk: Int
    private let done: (Result<[UInt8], DeviceError>) -> Void
    private let memory: UnsafeMutableRawBufferPointer
    private var remaining = 1
    private var errno: Int32 = 0
    private var own: DeviceReading?

    init(
        _ device: any BlockDevice, _ range: Range<Int>, _ chunk: Int,
        _ done: @escaping (Result<[UInt8], DeviceError>) -> Void
    ) {
        self.device = device
        self.range = range
        self.chunk = chunk
        self.done = done
        memory = .allocate(byteCount: max(4096, range.count), alignment: 4096)
    }

    func begin() {
        own = self
        var place = range.lowerBound
        while place < range.upperBound {
            let count = min(chunk, range.upperBound - place)
            remaining += 1
            device.submit(
                BlockRequest(
                    .read, offset: UInt64(place), length: count,
                    memory: memory.baseAddress! + (place - range.lowerBound), token: 0), for: self)
            place += count
        }
        remaining += 1
        device.submit(BlockRequest(.flush, token: 1), for: self)
        remaining -= 1
        device.endTurn()
    }

    func completed(_ token: UInt64, errno: Int32) {
        remaining -= 1
        if errno != 0 { self.errno = errno }
        guard remaining == 0 else { return }
        let bytes = Array(memory[..<range.count])
        memory.deallocate()
        own = nil
        done(errno == 0 && self.errno == 0 ? .success(bytes) : .failure(DeviceError(errno: self.errno)))
    }
}
