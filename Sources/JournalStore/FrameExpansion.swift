import Compression
import StreamProtocol

/// Expands payloads. One of these belongs to one thread.
struct FrameExpansion: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer?
    private var zstd: Zstd?

    init() {}

    deinit { memory?.deallocate() }

    /// The raw payload of a frame, valid until the next call; not judged.
    ///
    /// - Throws: `StreamFormatError` when it does not expand to its length.
    mutating func expand(_ frame: Frame) throws(StreamFormatError) -> UnsafeRawBufferPointer {
        let header = frame.header
        if header.codec == .none { return frame.storedPayload }
        let memory = memory ?? .allocate(byteCount: FrameLimits.payload, alignment: FrameLimits.alignment)
        self.memory = memory
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[..<header.rawLength])
        do {
            switch header.codec {
            case .none: break
            case .lz4: try LZ4.expand(frame.storedPayload, into: target)
            case .zstd:
                if zstd == nil { zstd = Zstd() }
                try zstd!.expand(frame.storedPayload, into: target)
            }
        } catch { throw .malformed(.payload(record: nil), "\(error)") }
        return UnsafeRawBufferPointer(target)
    }
}
