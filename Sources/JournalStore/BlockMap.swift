import CLinux
import Glibc
import Linux
import StreamProtocol

/// Which units of 512 bytes of a volume a branch has of its own: a bit for each, in pages of 4096 bytes that exist
/// where there is a bit. The file has the same pages at the same places, sparse.
struct BlockMap {
    static let pageLength = 4096
    static let unitsPerPage: UInt64 = 32_768

    private var pages: [UInt64: [UInt64]] = [:]
    private(set) var dirty: Set<UInt64> = []

    init() {}

    /// Bytes of the file for a volume.
    static func length(units: UInt64) -> UInt64 {
        (units + unitsPerPage - 1) / unitsPerPage * UInt64(pageLength)
    }

    /// Reads the pages that the file has.
    ///
    /// - Throws: `SystemError`.
    init(_ path: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let length = try file.length(subject: path)
        var place: UInt64 = 0
        while place < length {
            let data = clinux_seek_data(file.raw, Int64(place))
            if data < 0 {
                // No data behind it.
                guard errno == ENXIO else {
                    throw SystemError(operation: "look for data in", subject: path, errno: errno)
                }
                return
            }
            place = UInt64(data) / UInt64(Self.pageLength) * UInt64(Self.pageLength)
            let bytes = try file.readRange(place..<place + UInt64(Self.pageLength), subject: path)
            let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
            if words.contains(where: { $0 != 0 }) { pages[place / UInt64(Self.pageLength)] = words }
            place += UInt64(Self.pageLength)
        }
    }

    /// Whether a unit is there, and how many from it on, up to `limit`, are alike.
    func run(_ unit: UInt64, limit: UInt64) -> (isPresent: Bool, units: UInt64) {
        let first = has(unit)
        var count: UInt64 = 1
        while count < limit {
            let next = unit + count
            if next % Self.unitsPerPage == 0, !first, pages[next / Self.unitsPerPage] == nil {
                count += min(limit - count, Self.unitsPerPage)
                continue
            }
            if has(next) != first { break }
            count += 1
        }
        return (first, count)
    }

    private func has(_ unit: UInt64) -> Bool {
        guard let page = pages[unit / Self.unitsPerPage] else { return false }
        let bit = Int(unit % Self.unitsPerPage)
        return page[bit >> 6] & 1 << UInt64(bit & 63) != 0
    }

    mutating func insert(_ units: Range<UInt64>) {
        var unit = units.lowerBound
        while unit < units.upperBound {
            let number = unit / Self.unitsPerPage
            let end = min(units.upperBound, (number + 1) * Self.unitsPerPage)
            var page = pages[number] ?? [UInt64](repeating: 0, count: Self.pageLength / 8)
            // Gives up the dictionary's own, so that nothing is copied.
            pages[number] = nil
            var isChanged = false
            for bit in Int(unit % Self.unitsPerPage)..<Int(unit % Self.unitsPerPage + (end - unit)) {
                let mask: UInt64 = 1 << UInt64(bit & 63)
                if page[bit >> 6] & mask == 0 {
                    page[bit >> 6] |= mask
                    isChanged = true
                }
            }
            pages[number] = page
            if isChanged { dirty.insert(number) }
            unit = end
        }
    }

    /// The changed pages as they are now; they count as unchanged from now on.
    mutating func takeDirty() -> [(number: UInt64, words: [UInt64])] {
        let taken = dirty.sorted().compactMap { number in pages[number].map { (number, $0) } }
        dirty = []
        return taken
    }
}
