import Checksum

/// The file of a write-intent log: pages of 4096 bytes, each with a header of 32 bytes (magic `KLI1`, CRC-32C of all
/// bytes behind it, size of the volume, size of a region, number of the page), then one bit a region. A page that does
/// not check counts as all marked: comparing too much is only slow.
public struct IntentFormat: Equatable, Sendable {
    /// Bytes of the volume and of a region.
    public let size: UInt64
    public let regionSize: UInt64

    public static let pageSize = 4096
    static let headerSize = 32
    static let regionsOfPage = (pageSize - headerSize) * 8
    static let magic: [UInt8] = Array("KLI1".utf8)

    /// - Precondition: `regionSize` is a power of two.
    public init(size: UInt64, regionSize: UInt64) {
        precondition(regionSize.nonzeroBitCount == 1)
        self.size = size
        self.regionSize = regionSize
    }

    /// The number of regions; the last may be shorter.
    public var regions: Int { Int((size + regionSize - 1) / regionSize) }
    public var pages: Int { (regions + Self.regionsOfPage - 1) / Self.regionsOfPage }
    public var fileSize: Int { pages * Self.pageSize }

    func page(of region: Int) -> Int { region / Self.regionsOfPage }

    func regions(ofPage page: Int) -> Range<Int> {
        page * Self.regionsOfPage..<min((page + 1) * Self.regionsOfPage, regions)
    }

    public func regions(offset: UInt64, length: UInt64) -> Range<Int> {
        guard length > 0 else { return 0..<0 }
        return Int(offset / regionSize)..<Int((offset + length - 1) / regionSize) + 1
    }

    /// One page as it stands in the file.
    public func encode(_ page: Int, _ marked: RegionSet) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.pageSize)
        bytes.replaceSubrange(0..<4, with: Self.magic)
        put(size, at: 8, in: &bytes)
        put(regionSize, at: 16, in: &bytes)
        put(UInt64(page), at: 24, in: &bytes)
        let range = regions(ofPage: page)
        for region in range where marked.contains(region) {
            let bit = region - range.lowerBound
            bytes[Self.headerSize + bit / 8] |= 1 << UInt8(bit % 8)
        }
        let sum = bytes.withUnsafeBytes { CRC32C(of: UnsafeRawBufferPointer(rebasing: $0[8...])).value }
        for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(index * 8)) }
        return bytes
    }

    /// What a file says; a page that is missing, torn or of another volume marks all its regions.
    public func decode(_ file: [UInt8]) -> RegionSet {
        var marked = RegionSet(count: regions)
        for page in 0..<pages {
            let start = page * Self.pageSize
            let range = regions(ofPage: page)
            guard start + Self.pageSize <= file.count else {
                range.forEach { marked.insert($0) }
                continue
            }
            let bytes = Array(file[start..<start + Self.pageSize])
            var empty = RegionSet(count: regions)
            for region in range {
                let bit = region - range.lowerBound
                if bytes[Self.headerSize + bit / 8] & (1 << UInt8(bit % 8)) != 0 { empty.insert(region) }
            }
            // What was read is what would be written: header, checksum and unused bits hold.
            if encode(page, empty) == bytes {
                empty.forEach { marked.insert($0) }
            } else {
                range.forEach { marked.insert($0) }
            }
        }
        return marked
    }

    private func put(_ value: UInt64, at offset: Int, in bytes: inout [UInt8]) {
        for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8)) }
    }
}
