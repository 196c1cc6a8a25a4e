import BlockIO
import CaptureProtocol
import ConfigurationCore
import Identity
import Linux
import Logging
import NBDProtocol
import NBDServer
import NIOCore
import NIOPosix
import Primitives
import ReplicationCore
import StreamProtocol
import TapCore

/// A protected machine's source while it runs: the volumes served over NBD, their taps, and the shipper.
public final class SourceMachine: @unchecked Sendable {
    // @unchecked: the parts are used on their own loops.

    let configuration: SourceConfiguration
    let loop: BlockLoop
    let group: MultiThreadedEventLoopGroup
    let pool: NIOThreadPool
    let shipper: Shipper
    let taps: TapHandle
    let store: SourceStore
    let server: NBDServer
    private let logger: Logger

    private init(
        configuration: SourceConfiguration, loop: BlockLoop, group: MultiThreadedEventLoopGroup, pool: NIOThreadPool,
        shipper: Shipper, taps: TapHandle, store: SourceStore, server: NBDServer, logger: Logger
    ) {
        self.configuration = configuration
        self.loop = loop
        self.group = group
        self.pool = pool
        self.shipper = shipper
        self.taps = taps
        self.store = store
        self.server = server
        self.logger = logger
    }

    /// Opens the volumes, serves them, and begins to look for a receiver. Nothing waits for one.
    ///
    /// - Throws: an error that names the file, socket or volume that cannot be used.
    public static func start(
        _ configuration: SourceConfiguration, identity: SourceIdentity, assignment: StreamAssignment, logger: Logger
    ) async throws -> SourceMachine {
        guard let machine = MachineID(configuration.machine) else {
            throw SourceError("'\(configuration.machine)' is no machine identity")
        }
        try DurableFile.makeFolder(configuration.data, mode: 0o700)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let store = SourceStore(folder: configuration.data, pool: pool)
        var memory = try store.memory()
        let start = try Self.judge(&memory, configuration, logger)
        if let memory { try store.saveNow(memory) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = try BlockLoop("tap")
        let ring = LateRing(limit: configuration.ring << 20)
        let set = try Self.openTaps(
            configuration, isTrusted: !(memory?.distrustsMarks ?? false), loop: loop, ring: ring.ring)
        let taps = TapHandle(set: set)
        let settings = Shipper.Settings(
            machine: machine, identity: identity,
            volumes: set.taps.map {
                Hello.Volume(
                    number: $0.volume, size: $0.geometry.size, blockSize: UInt32($0.geometry.blockSize))
            },
            core: SourceCore.Settings(
                ringLimit: configuration.ring << 20, spoolLimit: configuration.spoolSize << 20,
                copyBatch: min(16 << 20, configuration.ring << 18)))
        let shipper = Shipper(
            loop: group.next(), pool: pool, store: store, logger: logger, ring: ring.ring,
            spool: configuration.spoolSize == 0
                ? nil : try SpoolFile(configuration.spool, size: configuration.spoolSize << 20),
            settings: settings, memory: Self.coreMemory(memory), start: start)
        ring.wake.connect { shipper.loop.execute { shipper.framesCame() } }
        let server = NBDServer(TapCatalogue(taps, configuration.volumes), on: [loop]) { report in
            logger.debug("nbd: \(report)")
        }
        let source = SourceMachine(
            configuration: configuration, loop: loop, group: group, pool: pool, shipper: shipper, taps: taps,
            store: store, server: server, logger: logger)
        try await source.begin(assignment, distrustsMarks: memory?.distrustsMarks ?? false)
        return source
    }

    private func begin(_ assignment: StreamAssignment, distrustsMarks: Bool) async throws {
        let shipper = shipper
        let taps = taps
        taps.post { set in
            set.sink = shipper
            set.start()
        }
        shipper.loop.execute {
            shipper.taps = taps
            shipper.distrustsMarks = distrustsMarks
            shipper.start(assignment)
        }
        switch configuration.export {
        case .unix(let path): try server.listen(unix: path)
        case .tcp(let address, let port): try server.listen(address, port: UInt16(port))
        }
    }

    // MARK: Start

    private static func coreMemory(_ memory: SourceMemory?) -> SourceCore.Memory {
        guard let memory, let predecessor = memory.predecessor.position else { return .none }
        return SourceCore.Memory(
            session: memory.session, generation: memory.generation, predecessor: predecessor,
            settled: memory.settled.mark)
    }

    /// How the last run ended. The certificate of an ordered stop holds for one start only.
    private static func judge(
        _ memory: inout SourceMemory?, _ configuration: SourceConfiguration, _ logger: Logger
    ) throws -> SourceCore.Start {
        guard let clean = memory?.clean else { return memory == nil ? .first : .crashed }
        memory?.clean = nil
        for volume in configuration.volumes {
            let facts = try FileFacts(volume.path)
            let then = clean.volumes.first { Int($0.number.number) == volume.number }
            guard let then, facts.changed == then.changed, facts.size == then.size || facts.changed == 0 else {
                logger.warning("\(volume.path) was changed while the source was off: everything is compared")
                memory?.distrustsMarks = true
                return .crashed
            }
        }
        guard let end = clean.end.position, memory?.distrustsMarks == false else { return .crashed }
        return .clean(end)
    }

    private static func openTaps(
        _ configuration: SourceConfiguration, isTrusted: Bool, loop: BlockLoop, ring: FrameRing
    ) throws -> TapSet {
        let writer = StreamWriter(loop: loop, ring: ring)
        var taps: [TapDevice] = []
        var names: [VolumeNumber: String] = [:]
        for volume in configuration.volumes {
            let number = VolumeNumber(UInt16(volume.number))
            let file = try BlockFile(volume.path, on: loop)
            let format = IntentFormat(size: file.geometry.size, regionSize: UInt64(configuration.region) << 10)
            let intents = try IntentFile(
                configuration.data + "/marks-\(volume.number)", format: format, isTrusted: isTrusted, on: loop)
            taps.append(TapDevice(volume: number, below: file, writer: writer, intents: intents))
            names[number] = volume.name
        }
        return TapSet(loop: loop, taps: taps, names: names, writer: writer)
    }

    // MARK: End

    /// How long an ordered stop waits for the receiver.
    static let patience = TimeAmount.seconds(5)

    /// Serves no more, brings what is under way to the receiver and certifies it, if the receiver takes it in time.
    public func stop() async throws {
        await server.stop()
        await quiet()
        let position = try await drained()
        if let position { await settle(position) }
        let shipper = shipper
        try await shipper.loop.submit { shipper.stop() }.get()
        if let position { try await certify(position) }
        loop.stop()
        try await pool.shutdownGracefully()
        try await group.shutdownGracefully()
        if case .unix(let path) = configuration.export { try DurableFile.remove(path) }
    }

    private func quiet() async {
        let taps = taps
        await withCheckedContinuation { continuation in
            taps.post { set in set.end { continuation.resume() } }
        }
    }

    /// - Returns: the end of the stream, once a node has flushed all of it; nil when it is not whole there.
    private func drained() async throws -> StreamPosition? {
        let isWhole = await withCheckedContinuation { continuation in
            taps.post { set in continuation.resume(returning: set.isWhole) }
        }
        guard isWhole else { return nil }
        let shipper = shipper
        let promise = shipper.loop.makePromise(of: StreamPosition?.self)
        let timer = shipper.loop.scheduleTask(in: Self.patience) { promise.succeed(nil) }
        shipper.loop.execute {
            shipper.framesCame()
            shipper.await {
                guard shipper.isDrained else { return false }
                timer.cancel()
                promise.succeed(shipper.sealer.end)
                return true
            }
        }
        return try await promise.futureResult.get()
    }

    private func settle(_ position: StreamPosition) async {
        let taps = taps
        await withCheckedContinuation { continuation in
            taps.post { set in set.settleFinally(StreamMark(position)) { continuation.resume() } }
        }
    }

    private func certify(_ position: StreamPosition) async throws {
        let shipper = shipper
        let volumes = try configuration.volumes.map { volume in
            let facts = try FileFacts(volume.path)
            return CleanStop.Volume(
                number: VolumeNumber(UInt16(volume.number)), size: facts.size, changed: facts.changed)
        }
        let clean = CleanStop(position, volumes: volumes)
        try await shipper.loop.flatSubmit {
            shipper.clean = clean
            return shipper.saved()
        }.get()
        logger.info("stopped in order at record \(position.sequence) of generation \(position.generation.number)")
    }
}

/// The ring wakes a shipper that is made after it.
private struct LateRing {
    let wake = LateWake()
    let ring: FrameRing

    /// - Parameter limit: bytes of frames; a frame may take twice its length of the ring.
    init(limit: Int) {
        let wake = wake
        ring = FrameRing(capacity: limit * 2) { wake.call() }
    }
}

private final class LateWake: @unchecked Sendable {
    // @unchecked: connected before the first frame can be put.
    private var body: (@Sendable () -> Void)?

    func connect(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func call() { body?() }
}

/// The volumes as NBD exports, by their names.
private final class TapCatalogue: NBDCatalogue {
    private let taps: TapHandle
    private let names: [String]

    init(_ taps: TapHandle, _ volumes: [SourceConfiguration.Volume]) {
        self.taps = taps
        names = volumes.map(\.name)
    }

    func list(_ answer: @escaping @Sendable ([NBDHandshake.Listed]) -> Void) {
        answer(names.map { NBDHandshake.Listed(name: $0, description: "") })
    }

    func open(
        _ name: String, on loop: BlockLoop, _ answer: @escaping @Sendable (Result<NBDExport, NBDRefusal>) -> Void
    ) {
        // The only export is also the one without a name.
        let index = name.isEmpty && names.count == 1 ? 0 : names.firstIndex(of: name)
        guard let index else { return answer(.failure(NBDRefusal(.unknown("there is no volume '\(name)'")))) }
        answer(.success(NBDExport(taps.set.taps[index], allowsConnections: true)))
    }
}
