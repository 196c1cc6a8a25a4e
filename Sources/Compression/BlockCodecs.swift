import CLZ4
import CZstd

/// Blocks of at most some MiB whose expanded length is known, by lz4's block format (liblz4).
public enum LZ4 {
    /// - Returns: how many bytes of `target` it took; nil when they do not suffice.
    public static func compress(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        guard !raw.isEmpty, raw.count <= LZ4_MAX_INPUT_SIZE, !target.isEmpty else { return nil }
        let written = LZ4_compress_default(
            raw.baseAddress?.assumingMemoryBound(to: CChar.self),
            target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), Int32(clamping: target.count))
        return written > 0 ? Int(written) : nil
    }

    /// Fills `target` exactly; nothing outside of it is touched, whatever the bytes are.
    /// - Throws: `ExpansionFailure`.
    public static func expand(
        _ stored: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(ExpansionFailure) {
        let written = LZ4_decompress_safe(
            stored.baseAddress?.assumingMemoryBound(to: CChar.self),
            target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: stored.count),
            Int32(clamping: target.count))
        guard written == target.count else { throw ExpansionFailure(codec: "lz4", expected: target.count) }
    }
}

/// The same by zstd (libzstd). One of these belongs to one thread; it keeps zstd's working memory.
public struct Zstd: ~Copyable {
    private let compressor: OpaquePointer
    private let expander: OpaquePointer
    private let level: Int32

    /// - Parameter level: 1 is quick; from 3 on it costs more than slow links give back.
    public init(level: Int32 = 1) {
        guard let compressor = ZSTD_createCCtx(), let expander = ZSTD_createDCtx() else {
            preconditionFailure("zstd got no memory")
        }
        self.compressor = compressor
        self.expander = expander
        self.level = level
    }

    deinit {
        ZSTD_freeCCtx(compressor)
        ZSTD_freeDCtx(expander)
    }

    /// - Returns: how many bytes of `target` it took; nil when they do not suffice.
    public func compress(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        let written = ZSTD_compressCCtx(
            compressor, target.baseAddress, target.count, raw.baseAddress, raw.count, level)
        return ZSTD_isError(written) == 0 && written > 0 ? written : nil
    }

    /// Fills `target` exactly; nothing outside of it is touched, whatever the bytes are.
    /// - Throws: `ExpansionFailure`.
    public func expand(
        _ stored: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(ExpansionFailure) {
        let written = ZSTD_decompressDCtx(
            expander, target.baseAddress, target.count, stored.baseAddress, stored.count)
        guard ZSTD_isError(written) == 0, written == target.count else {
            throw ExpansionFailure(codec: "zstd", expected: target.count)
        }
    }
}

/// Bytes that somebody stored do not expand to what was announced.
public struct ExpansionFailure: Error, Hashable, CustomStringConvertible {
    public let codec: String
    public let expected: Int

    public var description: String { "\(codec) did not give \(expected) bytes" }
}
