import CLinux
import Glibc
import JournalCore
import Linux

/// An index on the disk, mapped. A block is fetched by a call that reports an error of the device, where touching the
/// memory would kill the process (madvise(2), MADV_POPULATE_READ).
final class MappedIndex: IndexMemory {
    let bytes: UnsafeRawBufferPointer
    private let mapping: UnsafeMutableRawPointer

    /// - Parameter range: of the file, from a multiple of 4096.
    /// - Throws: `SystemError`.
    private init(_ path: String, _ range: Range<UInt64>) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        guard try file.length(subject: path) >= range.upperBound else {
            throw SystemError(operation: "map up to byte \(range.upperBound) of", subject: path, errno: EIO)
        }
        let mapped = mmap(nil, range.count, PROT_READ, MAP_SHARED, file.raw, off_t(range.lowerBound))
        guard let mapped, mapped != MAP_FAILED else {
            throw SystemError(operation: "map", subject: path, errno: errno)
        }
        mapping = mapped
        bytes = UnsafeRawBufferPointer(start: mapped, count: range.count)
        madvise(mapping, range.count, Int32(MADV_RANDOM))
    }

    deinit { munmap(mapping, bytes.count) }

    func makeReadable(_ range: Range<Int>) -> Bool {
        let first = range.lowerBound / 4096 * 4096
        return madvise(mapping + first, range.upperBound - first, 22) == 0
    }

    /// Maps an index and judges its fences.
    ///
    /// - Returns: nil when it has no extents.
    /// - Throws: `JournalFormatError` or `SystemError`.
    static func open(_ path: String, _ footer: SegmentFooter) throws -> ExtentImage? {
        guard let ordinals = footer.ordinals else { return nil }
        let memory = try MappedIndex(path, footer.indexRange.lowerBound..<footer.fencesRange.upperBound)
        let fences = footer.indexRange.count..<memory.bytes.count
        guard memory.makeReadable(fences) else { throw JournalFormatError.damaged(.fences) }
        try footer.judge(fences: UnsafeRawBufferPointer(rebasing: memory.bytes[fences]))
        return ExtentImage(memory, blockCount: Int(footer.blockCount), ordinals: ordinals)
    }
}
