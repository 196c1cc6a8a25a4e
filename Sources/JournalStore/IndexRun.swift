import JournalCore
import Linux

/// An index on the disk over some neighbouring segments: the footer of one, or a file that merges several. It is mapped
/// while somebody reads.
final class IndexRun {
    let path: String
    let footer: SegmentFooter
    private var mapped: ExtentImage?

    init(path: String, footer: SegmentFooter) {
        self.path = path
        self.footer = footer
    }

    var segments: ClosedRange<UInt32> { footer.segments }

    /// How often four runs have become one.
    var level: Int {
        var level = 0
        var count = segments.count
        while count >= Self.fanOut {
            count /= Self.fanOut
            level += 1
        }
        return level
    }

    static let fanOut = 4

    /// - Returns: nil when nothing in it changed data.
    /// - Throws: `JournalFormatError` or `SystemError`.
    func image() throws -> ExtentImage? {
        if let mapped { return mapped }
        mapped = try MappedIndex.open(path, footer)
        return mapped
    }

    /// Gives up the memory until somebody reads again.
    func unmap() { mapped = nil }
}
