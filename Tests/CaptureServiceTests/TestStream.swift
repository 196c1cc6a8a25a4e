import Foundation
import StreamProtocol

/// A machine's stream as its source would make it, with what its volume holds after every barrier.
struct TestStream {
    let machine: MachineID
    let size: Int
    private(set) var generation = Generation(0)
    private(set) var predecessor = StreamPosition.none
    private(set) var sequence: UInt64 = 0
    private(set) var writeEpoch: UInt64 = 1
    private(set) var bytesAhead: UInt64 = 0
    private(set) var digest = ChainDigest.empty
    private(set) var content: [UInt8]
    private(set) var frames: [[UInt8]] = []
    /// Of each frame its last sequence.
    private(set) var lastSequences: [UInt64] = []
    /// What the volume holds at each barrier, by sequence.
    private(set) var states: [UInt64: [UInt8]] = [:]

    init(machine: MachineID, size: Int) {
        self.machine = machine
        self.size = size
        content = [UInt8](repeating: 0, count: size)
    }

    var position: StreamPosition { StreamPosition(generation: generation, sequence: sequence, digest: digest) }

    func hello(session: UInt64 = 1, epoch: UInt64 = 1, level: AcknowledgementLevel = .durable) -> Hello {
        Hello(
            machine: machine, purpose: .source, epoch: epoch, session: session, generation: generation,
            predecessor: predecessor,
            volumes: [.init(number: VolumeNumber(0), size: UInt64(size), blockSize: 512)], level: level,
            codecs: [.none])
    }

    /// A new generation behind everything up to now.
    mutating func beginGeneration() {
        predecessor = position
        generation = Generation(generation.number + 1)
        sequence = 0
        writeEpoch = 1
        bytesAhead = 0
    }

    /// A frame with writes of 512 bytes and a flush behind them.
    @discardableResult
    mutating func write(
        _ writes: [(unit: Int, value: UInt8)], flags: FrameFlags = [], bookmark: String? = nil
    ) -> [UInt8] {
        let length = FrameEncoder.bufferLength(recordLimit: 64)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 4_096)
        defer { memory.deallocate() }
        var encoder = FrameEncoder(buffer: memory, recordLimit: 64)
        let volume = VolumeNumber(0)
        for (unit, value) in writes {
            let block = [UInt8](repeating: value, count: 512)
            block.withUnsafeBytes {
                encoder.append(.write, volume: volume, address: UInt64(unit), payload: $0)
            }
            content.replaceSubrange(unit * 512..<(unit + 1) * 512, with: block)
        }
        if let bookmark {
            BookmarkText(bookmark)!.bytes.withUnsafeBytes { encoder.append(.mark, volume: volume, payload: $0) }
        } else {
            encoder.append(.flush, volume: volume)
        }
        let header = FrameHeader(
            flags: flags, machine: machine, generation: generation, firstSequence: sequence + 1,
            writeEpoch: writeEpoch, bytesAhead: bytesAhead,
            wallClock: 1_700_000_000_000_000_000 + (UInt64(frames.count) + 1) * 1_000_000_000,
            monotonicClock: UInt64(frames.count + 1) * 1_000_000_000)
        let count = encoder.recordCount
        let payload = encoder.payloadLength
        let bytes = Array(encoder.seal(header))
        sequence += UInt64(count)
        writeEpoch += 1
        bytesAhead += UInt64(payload)
        frames.append(bytes)
        lastSequences.append(sequence)
        states[sequence] = content
        bytes.withUnsafeBytes {
            do { digest = digest.following(try Frame(judging: $0)) } catch { preconditionFailure("\(error)") }
        }
        return bytes
    }
}
