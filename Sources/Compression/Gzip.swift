import CZlib

/// The gzip format (RFC 1952), by zlib.
public enum Gzip {
    /// zlib did not take the memory or the parameters; its own number.
    public struct Failure: Error, CustomStringConvertible {
        public let code: Int32
        public var description: String { "zlib failed with code \(code)" }
    }

    /// 15 bits of window, and 16 more for gzip's frame (zlib.h, deflateInit2).
    private static let windowBits: Int32 = 15 + 16

    /// Everything at once.
    /// - Throws: `Failure`.
    public static func compress(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        let code = deflateInit2_(
            &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw Failure(code: code) }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let result = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { throw Failure(code: result) }
        return Array(output.prefix(Int(stream.total_out)))
    }
}
