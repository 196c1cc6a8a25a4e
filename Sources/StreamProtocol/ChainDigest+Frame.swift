import Crypto

extension ChainDigest {
    /// The digest behind a frame: SHA-256 of this one, the frame's header and its record headers. They carry the
    /// checksums of all data, so equal digests mean equal streams (docs/decisions/stream-checksums.md).
    public func following(_ frame: Frame) -> ChainDigest {
        var hash = SHA256()
        hash.update(data: bytes)
        hash.update(bufferPointer: frame.chained)
        return ChainDigest(Array(hash.finalize()))
    }
}
