import Glibc
import StreamProtocol

/// A whole frame in memory of its own, aligned so that it goes to the disk and comes from it as it is. It may be read
/// from any thread, by several at once, and is not changed any more.
public final class FrameBuffer: @unchecked Sendable {
    // @unchecked: filled before it is shared.

    public let header: FrameHeader
    let memory: UnsafeMutableRawPointer

    /// Copies a frame that was judged.
    public init(_ frame: Frame) {
        header = frame.header
        memory = .allocate(byteCount: frame.bytes.count, alignment: FrameLimits.alignment)
        memory.copyMemory(from: frame.bytes.baseAddress!, byteCount: frame.bytes.count)
    }

    /// Copies and judges a frame that somebody sent.
    ///
    /// - Throws: `StreamFormatError` when it is not whole.
    public convenience init(judging bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        self.init(try Frame(judging: bytes))
    }

    deinit { memory.deallocate() }

    /// The whole frame with its padding.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: header.frameLength) }

    /// A view that must not outlive this.
    public var frame: Frame { Frame(trusted: bytes, header: header) }
}
