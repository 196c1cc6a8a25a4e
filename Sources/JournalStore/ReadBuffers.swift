import BlockIO
import StreamProtocol

/// Aligned memory for what is read around the bytes that were asked for, in three sizes. Of one loop.
final class ReadBuffers {
    private var small = AlignedPool(bufferSize: 16 << 10, count: 256)
    private var middle = AlignedPool(bufferSize: 288 << 10, count: 24)
    private var large = AlignedPool(bufferSize: FrameLimits.padded(FrameLimits.frame) + 8192, count: 8)

    init() {}

    /// Bytes of the longest transfer.
    static let longest = FrameLimits.padded(FrameLimits.frame) + 8192

    /// - Returns: nil when all of its size are in use.
    func take(_ count: Int) -> UnsafeMutableRawPointer? {
        precondition(count <= Self.longest, "a transfer of \(count) bytes")
        if count <= small.bufferSize { return small.take() }
        return count <= middle.bufferSize ? middle.take() : large.take()
    }

    /// - Parameter count: as it was taken.
    func give(_ memory: UnsafeMutableRawPointer, _ count: Int) {
        if count <= small.bufferSize { return small.give(memory) }
        if count <= middle.bufferSize { middle.give(memory) } else { large.give(memory) }
    }
}
