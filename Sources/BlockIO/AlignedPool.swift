import Glibc

/// Buffers of one size, aligned for direct transfers, taken and given back without allocation. For one thread.
public struct AlignedPool: ~Copyable {
    /// Direct transfers of every disk are content with it.
    public static let alignment = 4096

    /// Bytes of each buffer.
    public let bufferSize: Int
    public let count: Int
    private let base: UnsafeMutableRawPointer
    private var free: [Int32]

    /// Nothing of it is touched before it is used: the kernel gives memory page by page.
    ///
    /// - Precondition: a size that is a multiple of 4096, at least one buffer.
    public init(bufferSize: Int, count: Int) {
        precondition(bufferSize > 0 && bufferSize % Self.alignment == 0 && count > 0, "buffers are whole pages")
        self.bufferSize = bufferSize
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: bufferSize * count, alignment: Self.alignment)
        free = (0..<Int32(count)).reversed()
    }

    deinit {
        precondition(free.count == count, "\(count - free.count) buffers are still in use")
        base.deallocate()
    }

    /// How many can be taken.
    public var available: Int { free.count }

    /// - Returns: a buffer with whatever was left in it, or nil when all are in use. The last one given back is the
    ///   next one taken: it is in the processor's cache.
    public mutating func take() -> UnsafeMutableRawPointer? {
        guard let index = free.popLast() else { return nil }
        return base + Int(index) * bufferSize
    }

    /// - Precondition: the buffer was taken from here.
    public mutating func give(_ buffer: UnsafeMutableRawPointer) {
        let (index, rest) = (buffer - base).quotientAndRemainder(dividingBy: bufferSize)
        precondition(rest == 0 && (0..<count).contains(index) && free.count < count, "not a buffer of this pool")
        free.append(Int32(index))
    }
}
