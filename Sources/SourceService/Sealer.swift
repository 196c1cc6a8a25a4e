import Compression
import ReplicationCore
import StreamProtocol
import TapCore

/// Gives closed frames their checksums, their header and their place in the digest chain, in the ring's own memory.
final class Sealer {
    let machine: MachineID
    /// By which payloads are compressed from now on.
    var codec = FrameCodec.none
    /// Where the stream stands behind the last frame.
    private(set) var end = StreamPosition.none
    private let zstd = Zstd()
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameLimits.frame, alignment: 4096)
    /// Payloads that are not tried after one that did not shrink.
    private var skips = 0

    init(machine: MachineID) { self.machine = machine }

    deinit { scratch.deallocate() }

    /// Begins a generation: its digests go on from what came ahead of it.
    func begin(_ generation: Generation, after predecessor: StreamPosition) {
        end = StreamPosition(generation: generation, sequence: 0, digest: predecessor.digest)
    }

    func seal(_ filled: FilledFrame, in ring: FrameRing) -> (ClosedFrame, FrameShelf.Entry) {
        var encoder = filled.encoder
        let header = FrameHeader(
            flags: filled.isConsistent ? [] : [.notConsistent], machine: machine, generation: filled.generation,
            firstSequence: filled.first, writeEpoch: filled.writeEpoch, bytesAhead: filled.bytesAhead,
            wallClock: filled.wallClock, monotonicClock: filled.monotonicClock)
        let frame: Frame
        if let compressed = compress(encoder, header) {
            // It is shorter than the payload alone, so it fits where that lies.
            let place = UnsafeMutableRawBufferPointer(rebasing: filled.memory[0..<compressed.count])
            place.copyMemory(from: compressed)
            frame = trusted(UnsafeRawBufferPointer(place))
        } else {
            frame = trusted(encoder.seal(header))
        }
        end = StreamPosition(
            generation: filled.generation, sequence: filled.last, digest: end.digest.following(frame))
        let offset = frame.bytes.baseAddress.map { $0 - UnsafeRawPointer(ring.base) } ?? 0
        return (
            ClosedFrame(first: filled.first, end: end, bytes: frame.bytes.count, wallClock: filled.wallClock),
            FrameShelf.Entry(
                last: filled.last, length: frame.bytes.count, place: .ring(offset: offset, mark: filled.mark))
        )
    }

    private func trusted(_ bytes: UnsafeRawBufferPointer) -> Frame {
        do { return Frame(trusted: bytes, header: try FrameHeader(reading: bytes)) } catch {
            preconditionFailure("a frame that was just sealed cannot be read: \(error)")
        }
    }

    private func compress(_ encoder: FrameEncoder, _ header: FrameHeader) -> UnsafeRawBufferPointer? {
        guard codec != .none, encoder.payloadLength >= 4096 else { return nil }
        guard skips == 0 else {
            skips -= 1
            return nil
        }
        let frame = encoder.seal(header, codec: codec, into: scratch) { raw, target in
            // Less than an eighth saved costs more than it gives.
            let target = UnsafeMutableRawBufferPointer(rebasing: target.prefix(raw.count / 8 * 7))
            return codec == .zstd ? zstd.compress(raw, into: target) : LZ4.compress(raw, into: target)
        }
        if frame == nil { skips = 15 }
        return frame
    }
}
