/// Loads that answer nil past the end: what arrives from a network or the kernel never traps.
extension RawSpan {
    @inline(__always)
    func byte(at offset: Int) -> UInt8? {
        guard offset >= 0, offset < byteCount else { return nil }
        return unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// In the machine's order, as netlink has it.
    @inline(__always)
    func native<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value? {
        guard offset >= 0, offset <= byteCount, byteCount - offset >= MemoryLayout<Value>.size else { return nil }
        return unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    }

    /// In network order, as packets have it.
    @inline(__always)
    func network<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value? {
        native(at: offset, as: type).map { Value(bigEndian: $0) }
    }

    func array(at offset: Int, count: Int) -> [UInt8]? {
        guard offset >= 0, count >= 0, offset <= byteCount, byteCount - offset >= count else { return nil }
        return (offset..<offset + count).map { unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }

    /// Text up to the first NUL or the end; bytes that are no UTF-8 are replaced.
    func text() -> String {
        let bytes = (0..<byteCount).map { unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
