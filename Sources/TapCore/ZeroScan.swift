/// Finds zeros in memory.
public enum ZeroScan {
    /// Whether all bytes are zero. Looks at the first bytes alone before it reads on: most blocks hold something there.
    public static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let words = bytes.count / 8
        var gathered: UInt64 = 0
        while index < words {
            let end = min(index + 64, words)
            while index < end {
                gathered |= bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
                index += 1
            }
            if gathered != 0 { return false }
        }
        for rest in words * 8..<bytes.count where bytes[rest] != 0 { return false }
        return true
    }

    /// Splits memory into stretches that are zero and stretches that are not, in blocks.
    ///
    /// - Parameters:
    ///   - block: bytes of a block; the last one may be shorter.
    ///   - body: called in order with a range of bytes and whether all of them are zero.
    public static func split(
        _ bytes: UnsafeRawBufferPointer, block: Int, _ body: (Range<Int>, Bool) -> Void
    ) {
        var start = 0
        var kind: Bool?
        var position = 0
        while position < bytes.count {
            let end = min(position + block, bytes.count)
            let zero = isZero(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
            if let known = kind, known != zero {
                body(start..<position, known)
                start = position
            }
            kind = zero
            position = end
        }
        if let kind { body(start..<position, kind) }
    }
}
