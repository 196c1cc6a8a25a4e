import BlockIO
import Glibc
import JournalCore
import StreamProtocol

/// One volume of a machine as it was at a point, read only. It keeps its point from being folded away until it is
/// closed. Of the journal's loop.
public final class PointDevice: BlockDevice, @unchecked Sendable {
    // @unchecked: used from the journal's loop only.

    public let geometry: BlockGeometry
    public let volume: VolumeNumber
    /// Nil: the newest records, whatever they are.
    public let point: StoredPoint?
    let journal: Journal
    private let ordinal: UInt64
    /// It is behind the base.
    private let isKept: Bool
    private var isClosed = false
    private var requests: [Request] = []
    private var free: [Int] = []
    private var refused: [Int] = []

    private struct Request {
        unowned(unsafe) var client: any BlockClient
        var token: UInt64
        var memory: UnsafeMutableRawPointer?
    }

    init(_ journal: Journal, _ volume: JournalVolume, at point: StoredPoint?, isKept: Bool = false) {
        self.isKept = isKept
        self.journal = journal
        self.volume = volume.number
        self.point = point
        ordinal = point?.place.ordinal ?? .max
        geometry = BlockGeometry(size: volume.size, blockSize: volume.blockSize, isReadOnly: true)
        if isKept { journal.folding.keptReaders += 1 } else { journal.pin(ordinal) }
    }

    deinit { precondition(isClosed, "a point was given up without being closed") }

    public func submit(_ request: BlockRequest, for client: any BlockClient) {
        precondition(!isClosed, "a request to a closed point")
        let index = take(Request(client: client, token: request.token, memory: request.memory))
        switch request.kind {
        case .read where isKept: readKept(index, request.offset, request.length)
        case .read:
            guard let memory = request.memory else { preconditionFailure("a reading without memory") }
            journal.requiredReader.read(
                ExtentKey(volume, address: request.offset / UInt64(StreamUnit.bytes)),
                units: UInt32(request.length / StreamUnit.bytes), point: ordinal, into: memory, for: self,
                token: UInt64(index))
        case .flush: answer(index)
        case .write, .discard, .writeZeroes: answer(index, errno: EPERM)
        }
    }

    public func endTurn() {}

    /// All of it counts as data: which parts are zeros shows when they are read.
    public func extents(offset: UInt64, length: UInt64) throws -> [BlockExtent] {
        if isKept { return [BlockExtent(length: length, isAllocated: true)] }
        return try journal.requiredReader.extents(
            ExtentKey(volume, address: offset / UInt64(StreamUnit.bytes)), units: length / UInt64(StreamUnit.bytes),
            point: ordinal)
    }

    /// Lets the point go; nothing may be under way.
    public func close() {
        precondition(!isClosed && requests.count == free.count, "a point is closed while it is read")
        isClosed = true
        guard isKept else { return journal.unpin(ordinal) }
        journal.folding.keptReaders -= 1
        journal.fold()
    }

    private func readKept(_ index: Int, _ offset: UInt64, _ count: Int) {
        let points = journal.folding.kept.points.filter { $0.place.ordinal >= ordinal }
        let reading = KeptReading(
            folder: journal.folder, points: points, base: journal.base.files, baseVolumes: journal.state.volumes,
            volume: volume)
        journal.host.past.add { [self] in
            let outcome = Result { try reading.read(at: offset, count: count) }
            journal.host.loop.post {
                // Since then the base may have been folded over, and what it had is kept with a younger point.
                guard self.journal.folding.kept.points.last?.place == points.last?.place else {
                    return self.readKept(index, offset, count)
                }
                self.keptWasRead(index, outcome)
            }
        }
    }

    private func keptWasRead(_ index: Int, _ outcome: Result<[UInt8], any Error>) {
        switch outcome {
        case .success(let bytes):
            guard let memory = requests[index].memory else { preconditionFailure("a reading without memory") }
            bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            readDone(UInt64(index), errno: 0)
        case .failure(let error):
            journal.tell(
                .finding(
                    error as? JournalFinding
                        ?? JournalFinding(
                            .base, file: journal.folder.kept, offset: 0, volume: volume, cause: "\(error)")))
            readDone(UInt64(index), errno: EIO)
        }
    }

    private func take(_ request: Request) -> Int {
        if let index = free.popLast() {
            requests[index] = request
            return index
        }
        requests.append(request)
        return requests.count - 1
    }

    private func answer(_ index: Int, errno: Int32 = 0) {
        journal.host.loop.post { self.readDone(UInt64(index), errno: errno) }
    }
}

extension PointDevice: ReadClient {
    func readDone(_ token: UInt64, errno: Int32) {
        let request = requests[Int(token)]
        free.append(Int(token))
        request.client.completed(request.token, errno: errno)
    }
}

extension Journal {
    var requiredReader: JournalReader {
        if let reader { return reader }
        let made = JournalReader(self)
        reader = made
        return made
    }

    func pin(_ ordinal: UInt64) { pins[ordinal, default: 0] += 1 }

    func unpin(_ ordinal: UInt64) {
        guard let count = pins[ordinal] else { preconditionFailure("a point that is not open") }
        pins[ordinal] = count == 1 ? nil : count - 1
        guard pins.isEmpty else { return }
        for run in runs { run.unmap() }
        reader?.forgetFiles()
        fold()
    }

    /// Opens volumes of a point; they belong to the journal's loop and are closed one by one.
    ///
    /// - Parameter volumes: empty: all that the machine had.
    public func openPoint(
        _ selection: PointSelection, volumes: [VolumeNumber] = [],
        completion: @escaping @Sendable (Result<[PointDevice], PointError>) -> Void
    ) {
        onLoop(completion) { journal in
            let point = try journal.find(selection)
            let kept = journal.keptPoint(at: point.place)
            let present = kept?.volumes ?? journal.volumes(at: point.place)
            return try Self.chosen(volumes, of: present).map {
                PointDevice(journal, $0, at: point, isKept: kept != nil)
            }
        }
    }

    /// Opens a volume as its newest records leave it, consistent or not: reads follow the stream. For comparing with
    /// the source.
    public func openHead(
        _ volume: VolumeNumber, completion: @escaping @Sendable (Result<PointDevice, PointError>) -> Void
    ) {
        onLoop(completion) { journal in
            PointDevice(journal, try Self.chosen([volume], of: journal.follower.volumes)[0], at: nil)
        }
    }

    private static func chosen(
        _ numbers: [VolumeNumber], of volumes: [JournalVolume]
    ) throws(PointError) -> [JournalVolume] {
        if numbers.isEmpty { return volumes }
        var chosen: [JournalVolume] = []
        for number in numbers {
            guard let volume = volumes.first(where: { $0.number == number }) else {
                throw PointError(reason: .noSuchVolume(number))
            }
            chosen.append(volume)
        }
        return chosen
    }
}
