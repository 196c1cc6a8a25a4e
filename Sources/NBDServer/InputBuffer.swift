/// Bytes that were received and not yet understood.
struct InputBuffer: ~Copyable {
    static let size = 131_072

    private let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    private var startOffset = 0
    private var endOffset = 0

    deinit { base.deallocate() }

    var count: Int { endOffset - startOffset }
    var start: UnsafeRawPointer { UnsafeRawPointer(base + startOffset) }
    /// Where the next bytes go.
    var end: UnsafeMutableRawPointer { base + endOffset }
    var room: Int { Self.size - endOffset }

    mutating func consume(_ count: Int) {
        startOffset += count
        if startOffset == endOffset {
            startOffset = 0
            endOffset = 0
        }
    }

    /// So many bytes were put at the end.
    mutating func received(_ count: Int) { endOffset += count }

    /// Moves what is there to the beginning.
    mutating func makeRoom() {
        guard startOffset > 0 else { return }
        base.copyMemory(from: base + startOffset, byteCount: count)
        endOffset = count
        startOffset = 0
    }

    /// - Precondition: it is empty and the bytes fit.
    mutating func fill(_ bytes: [UInt8]) {
        precondition(count == 0 && bytes.count <= Self.size, "no room for \(bytes.count) bytes")
        base.copyMemory(from: bytes, byteCount: bytes.count)
        startOffset = 0
        endOffset = bytes.count
    }
}
