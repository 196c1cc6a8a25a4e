import CLinux
import Glibc
import Linux

extension BlockFile {
    /// Extents of one answer; the caller asks again for the rest.
    private static let extentLimit = 1024

    public func extents(offset: UInt64, length: UInt64) throws -> [BlockExtent] {
        loop.preconditionCurrent()
        precondition(offset <= geometry.size && length > 0 && length <= geometry.size - offset, "outside of \(path)")
        guard !isDisk else { return [BlockExtent(length: length, isAllocated: true)] }
        let end = offset + length
        var extents: [BlockExtent] = []
        var at = offset
        while at < end, extents.count < Self.extentLimit {
            // Rounded: a file system's blocks may be smaller than ours, and a block with any data is allocated.
            let data = min(end, try nextData(at))
            if data > at {
                extents.append(BlockExtent(length: data - at, isAllocated: false))
                at = data
                continue
            }
            let hole = min(end, try nextHole(at))
            extents.append(BlockExtent(length: hole - at, isAllocated: true))
            at = hole
        }
        return extents
    }

    private func nextData(_ offset: UInt64) throws(SystemError) -> UInt64 {
        do throws(SystemError) {
            let found = try systemCall("look for data in", path) { clinux_seek_data(raw, Int64(offset)) }
            return UInt64(found) & ~UInt64(geometry.blockSize - 1)
        } catch {
            // No data behind it.
            guard error.errno == ENXIO else { throw error }
            return geometry.size
        }
    }

    private func nextHole(_ offset: UInt64) throws(SystemError) -> UInt64 {
        let found = try systemCall("look for holes in", path) { clinux_seek_hole(raw, Int64(offset)) }
        let mask = UInt64(geometry.blockSize - 1)
        return max(offset + UInt64(geometry.blockSize), (UInt64(found) + mask) & ~mask)
    }
}
