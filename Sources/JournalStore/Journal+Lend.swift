import BlockIO
import JournalCore
import Linux
import StreamProtocol

extension Journal {
    /// The bytes of a range as they were at a point, for another node whose base is damaged there. When the point is
    /// gone the base is read: where nothing was written since it is the same, and who asked has the checksums.
    ///
    /// - Parameters:
    ///   - address: in units of 512 bytes, a multiple of 8; `units` as many of them, at most 1 MiB.
    ///   - completion: on the loop; what is given was judged by the checksums here.
    public func lend(
        _ volume: VolumeNumber, _ address: UInt64, _ units: UInt32, at position: StreamPosition,
        completion: @escaping @Sendable (Result<[UInt8], RepairFailure>) -> Void
    ) {
        let selection = PointSelection.position(position.generation, sequence: position.sequence)
        openPoint(selection, volumes: [volume]) { [self] opened in
            switch opened {
            case .success(let devices):
                let device = devices[0]
                let bytes = UInt64(units) * UInt64(StreamUnit.bytes)
                let start = address * UInt64(StreamUnit.bytes)
                guard start <= device.geometry.size, bytes <= device.geometry.size - start else {
                    device.close()
                    return completion(.failure(.absent))
                }
                Lending(device, start, Int(bytes), completion).begin()
            case .failure(let error):
                switch error.reason {
                // Without a table of points the base may still be whole.
                case .noSuchPoint, .damaged: lendBase(volume, address, units, completion)
                case .noSuchVolume: completion(.failure(.absent))
                case .closed: completion(.failure(.failed("\(error)")))
                }
            }
        }
    }

    private func lendBase(
        _ number: VolumeNumber, _ address: UInt64, _ units: UInt32,
        _ completion: @escaping @Sendable (Result<[UInt8], RepairFailure>) -> Void
    ) {
        guard let volume = state.volumes.first(where: { $0.number == number }), address < volume.units,
            UInt64(units) <= volume.units - address
        else { return completion(.failure(.absent)) }
        let files = base.files
        host.slow.add { [host] in
            let outcome = Self.content(volume, files, address..<address + UInt64(units))
            host.loop.post { completion(outcome) }
        }
    }

    private static func content(
        _ volume: JournalVolume, _ files: BaseFiles, _ range: Range<UInt64>
    ) -> Result<[UInt8], RepairFailure> {
        let count = range.count * StreamUnit.bytes
        var bytes: [UInt8] = []
        do throws(JournalFinding) {
            let reading = try BaseReading(volume, files)
            while bytes.count < count {
                let next = range.lowerBound + UInt64(bytes.count / StreamUnit.bytes)
                guard let part = try reading.next(from: next) else { return .failure(.absent) }
                let wanted = min(Int(part.units) * StreamUnit.bytes, count - bytes.count)
                bytes += part.bytes.isEmpty ? [UInt8](repeating: 0, count: wanted) : Array(part.bytes.prefix(wanted))
            }
            return .success(bytes)
        } catch { return .failure(.damaged) }
    }
}

/// Reads one range of a point; lives until that is done.
private final class Lending: BlockClient {
    private let device: PointDevice
    private let start: UInt64
    private let memory: UnsafeMutableRawBufferPointer
    private let completion: @Sendable (Result<[UInt8], RepairFailure>) -> Void
    /// Itself, while it reads.
    private var own: Lending?

    init(
        _ device: PointDevice, _ start: UInt64, _ count: Int,
        _ completion: @escaping @Sendable (Result<[UInt8], RepairFailure>) -> Void
    ) {
        self.device = device
        self.start = start
        self.completion = completion
        memory = .allocate(byteCount: count, alignment: 4_096)
    }

    deinit { memory.deallocate() }

    func begin() {
        own = self
        device.submit(
            BlockRequest(.read, offset: start, length: memory.count, memory: memory.baseAddress, token: 0), for: self)
        device.endTurn()
    }

    func completed(_ token: UInt64, errno: Int32) {
        device.close()
        own = nil
        // The finding that says more is the journal's own.
        completion(errno == 0 ? .success(Array(memory)) : .failure(.damaged))
    }
}
