import JournalCore
import JournalStore
import StreamProtocol

/// A source that only tests have: makes frames whose data is known, and keeps what every volume is at every point.
struct TestStream {
    let machine = MachineID(high: 7, low: 9)
    var generation = Generation(1)
    var position = StreamPosition.none
    var epoch: UInt64 = 1
    var bytesAhead: UInt64 = 0
    var time: UInt64 = 1_000_000_000
    var nextSequence: UInt64 = 1
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FrameEncoder.bufferLength(recordLimit: 1_024), alignment: 4096)
    private let packed = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameLimits.frame, alignment: 4096)

    enum Record {
        case write(volume: UInt16, address: UInt64, bytes: [UInt8], isForced: Bool = false)
        case zero(volume: UInt16, address: UInt64, units: UInt32)
        case discard(volume: UInt16, address: UInt64, units: UInt32)
        case flush
        case cut
        case mark(String)
        case resize(volume: UInt16, size: UInt64, blockSize: UInt32)
    }

    func free() {
        memory.deallocate()
        packed.deallocate()
    }

    mutating func frame(
        _ records: [Record], isConsistent: Bool = true, codec: FrameCodec = .none,
        compress: ((UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int?)? = nil
    ) throws -> FrameBuffer {
        var encoder = FrameEncoder(buffer: memory)
        for record in records { Self.append(record, to: &encoder) }
        time += 1_000_000
        let header = FrameHeader(
            flags: isConsistent ? [] : .notConsistent, machine: machine, generation: generation,
            firstSequence: nextSequence, writeEpoch: epoch, bytesAhead: bytesAhead, wallClock: time,
            monotonicClock: time)
        var bytes: UnsafeRawBufferPointer?
        if let compress, codec != .none {
            bytes = encoder.seal(header, codec: codec, into: packed, compress: compress)
        }
        let buffer = try FrameBuffer(judging: bytes ?? encoder.seal(header))
        nextSequence += UInt64(records.count)
        bytesAhead += UInt64(buffer.header.rawLength)
        if buffer.header.flags.contains(.endsEpoch) { epoch += 1 }
        position = StreamPosition(
            generation: generation, sequence: nextSequence - 1, digest: position.digest.following(buffer.frame))
        return buffer
    }

    /// What was refused is made again.
    mutating func stepBack(to position: StreamPosition) {
        self.position = position
        nextSequence = position.sequence + 1
    }

    /// A new run of the source.
    mutating func nextGeneration() {
        generation = Generation(generation.number + 1)
        nextSequence = 1
        epoch = 1
        bytesAhead = 0
    }

    private static func append(_ record: Record, to encoder: inout FrameEncoder) {
        switch record {
        case .write(let volume, let address, let bytes, let isForced):
            bytes.withUnsafeBytes {
                encoder.append(
                    isForced ? .forcedWrite : .write, volume: VolumeNumber(volume), address: address, payload: $0)
            }
        case .zero(let volume, let address, let units):
            encoder.append(.zero, volume: VolumeNumber(volume), address: address, units: units)
        case .discard(let volume, let address, let units):
            encoder.append(.discard, volume: VolumeNumber(volume), address: address, units: units)
        case .flush: encoder.append(.flush, volume: VolumeNumber(0))
        case .cut: encoder.append(.cut, volume: VolumeNumber(0))
        case .mark(let text):
            guard let bookmark = BookmarkText(text) else { preconditionFailure("an impossible bookmark") }
            bookmark.bytes.withUnsafeBytes { encoder.append(.mark, volume: VolumeNumber(0), payload: $0) }
        case .resize(let volume, let size, let blockSize):
            VolumeChange(size: size, blockSize: blockSize, name: "v\(volume)").bytes.withUnsafeBytes {
                encoder.append(.configuration, volume: VolumeNumber(volume), payload: $0)
            }
        }
    }
}
