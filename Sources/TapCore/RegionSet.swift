/// A set of regions of a volume, by number.
public struct RegionSet: Equatable, Sendable {
    public let count: Int
    private var words: ContiguousArray<UInt64>

    /// An empty set.
    /// - Parameter count: the number of regions that there are.
    public init(count: Int) {
        self.count = count
        words = ContiguousArray(repeating: 0, count: (count + 63) / 64)
    }

    /// All regions.
    public static func all(_ count: Int) -> RegionSet {
        var set = RegionSet(count: count)
        for region in 0..<count { set.insert(region) }
        return set
    }

    public func contains(_ region: Int) -> Bool { words[region / 64] & (1 << UInt64(region % 64)) != 0 }
    public mutating func insert(_ region: Int) { words[region / 64] |= 1 << UInt64(region % 64) }
    public mutating func remove(_ region: Int) { words[region / 64] &= ~(1 << UInt64(region % 64)) }
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
    /// Number of regions in the set.
    public var population: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The same regions among more.
    func enlarged(to count: Int) -> RegionSet {
        var set = RegionSet(count: count)
        forEach { set.insert($0) }
        return set
    }

    /// In ascending order.
    public func forEach(_ body: (Int) -> Void) {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                body(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }
}
