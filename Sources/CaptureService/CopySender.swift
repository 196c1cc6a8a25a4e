import CaptureProtocol
import Compression
import JournalCore
import JournalStore
import Linux
import Logging
import NIOCore
import Primitives
import ReplicationCore
import StreamProtocol

/// Brings the whole base image to the other node, range by range; zeros are not sent. Folding rests meanwhile. Lives on
/// the event loop.
final class CopySender {
    private unowned let stream: MachineStream
    private let journal: Journal
    private let connection: StreamConnection
    private let codecs: LinkCodec
    private let finished: (Result<BaseCopyStart, CaptureServiceError>) -> Void
    private var volumes: [JournalVolume] = []
    private(set) var start: BaseCopyStart?
    private var address: UInt64 = 0
    private var done: UInt64 = 0
    private var total: UInt64 = 0
    private var isReading = false
    private var isOver = false
    private var isPausing = false

    init(
        _ stream: MachineStream, _ journal: Journal, over connection: StreamConnection, codecs: LinkCodec,
        finished: @escaping (Result<BaseCopyStart, CaptureServiceError>) -> Void
    ) {
        self.stream = stream
        self.journal = journal
        self.connection = connection
        self.codecs = codecs
        self.finished = finished
    }

    var report: SourceReport {
        SourceReport(bytesBehind: total - done, oldestUnsafe: 0, copiedBytes: done, bytesToCopy: total)
    }

    func begin() {
        isPausing = true
        journal.pauseFolding(
            stream.returning { (result: Result<BaseCopyStart, PointError>) in
                switch result {
                case .success(let start):
                    self.start = start
                    self.volumes = start.volumes
                    self.total = start.volumes.reduce(0) { $0 + $1.size }
                    self.goOn()
                case .failure(let error): self.end(.failure(CaptureServiceError("\(error)")))
                }
            })
    }

    /// Lets folding go on; nothing is told any more.
    func stop() {
        isOver = true
        guard isPausing else { return }
        isPausing = false
        journal.resumeFolding()
    }

    private func end(_ result: Result<BaseCopyStart, CaptureServiceError>) {
        guard !isOver else { return }
        finished(result)
    }

    /// Reads and sends the next range, if the other side takes more.
    func goOn() {
        guard !isOver, !isReading, let start, connection.isWritable else { return }
        guard let volume = volumes.first else { return end(.success(start)) }
        isReading = true
        journal.baseRange(
            volume.number, from: address,
            completion: stream.returning { (result: Result<BaseRange?, JournalFinding>) in
                switch result {
                case .success(let range): self.read(range)
                case .failure(let finding): self.end(.failure(CaptureServiceError("\(finding)")))
                }
            })
    }

    private func read(_ range: BaseRange?) {
        guard !isOver else { return }
        guard let range else {
            volumes.removeFirst()
            address = 0
            isReading = false
            return goOn()
        }
        // Ranges begin on blocks of 4096 bytes.
        address = (range.address + range.units + 7) / 8 * 8
        done += range.units * UInt64(StreamUnit.bytes)
        guard !range.bytes.isEmpty else {
            isReading = false
            return goOn()
        }
        let codec = codecs.choice
        stream.surroundings.workers.run(
            { CopyRange(range, codec: codec) },
            stream.returning { (result: Result<CopyRange, any Error>) in
                guard !self.isOver, case .success(let piece) = result else { return }
                self.connection.send(.copyRange(piece))
                self.isReading = false
                self.goOn()
            })
    }
}

extension CopyRange {
    /// As it is where compressing does not pay.
    fileprivate init(_ range: BaseRange, codec: FrameCodec) {
        let compressed = Self.compressed(range.bytes, codec)
        self.init(
            volume: range.volume, address: range.address, units: UInt32(range.units),
            codec: compressed == nil ? .none : codec, stored: compressed ?? range.bytes)
    }

    private static func compressed(_ raw: [UInt8], _ codec: FrameCodec) -> [UInt8]? {
        guard codec != .none, raw.count > 512 else { return nil }
        // Less than an eighth saved is not worth the other side's time.
        var target = [UInt8](repeating: 0, count: raw.count - raw.count / 8)
        let count = target.withUnsafeMutableBytes { target in
            raw.withUnsafeBytes { raw in
                switch codec {
                case .none: nil as Int?
                case .lz4: LZ4.compress(raw, into: target)
                case .zstd: Zstd().compress(raw, into: target)
                }
            }
        }
        guard let count else { return nil }
        target.removeSubrange(count...)
        return target
    }
}

extension ForwardLink {
    func copyBase() {
        guard let connection else { return step(.readFailed) }
        copy?.stop()
        let sender = CopySender(stream, journal, over: connection, codecs: codecs) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let start): self.step(.copied(start.place.position, isConsistent: start.isConsistent))
            case .failure(let error):
                self.logger.error("machine \(self.stream.machine): the copy for node \(self.place.node): \(error)")
                self.step(.readFailed)
            }
        }
        copy = sender
        sender.begin()
    }
}
