import Primitives

/// A disk with a cache that loses what was not flushed: of each write that is only in the cache a power cut keeps or
/// drops every 512 bytes by chance, so writes are kept, dropped or torn.
struct SimDisk {
    static let sector = 512

    private(set) var bytes: [UInt8]
    private var stable: [UInt8]
    /// Numbers of sectors in the cache, in the order in which they were written; newest contents only.
    private var cached: [Int] = []
    /// The next write goes so many sectors beside its place.
    var misdirection: Int?

    init(sectors: Int) {
        bytes = [UInt8](repeating: 0, count: sectors * Self.sector)
        stable = bytes
    }

    var isClean: Bool { cached.isEmpty }

    func isFlushed(_ range: Range<Int>) -> Bool {
        !cached.contains { $0 * Self.sector < range.upperBound && ($0 + 1) * Self.sector > range.lowerBound }
    }

    mutating func write(_ data: [UInt8], at offset: Int) {
        precondition(offset % Self.sector == 0 && data.count % Self.sector == 0, "a write of parts of sectors")
        var offset = offset
        if let sectors = misdirection, offset + sectors * Self.sector + data.count <= bytes.count {
            offset += sectors * Self.sector
            misdirection = nil
        }
        bytes.replaceSubrange(offset..<offset + data.count, with: data)
        cached += offset / Self.sector..<(offset + data.count) / Self.sector
    }

    /// Past the cache.
    mutating func writeThrough(_ data: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<offset + data.count, with: data)
        stable.replaceSubrange(offset..<offset + data.count, with: data)
    }

    mutating func flush() {
        guard !cached.isEmpty else { return }
        cached = []
        stable = bytes
    }

    mutating func cutPower(using random: inout SeededRandom) {
        for sector in cached where random.chance(1, in: 2) {
            let range = sector * Self.sector..<(sector + 1) * Self.sector
            stable.replaceSubrange(range, with: bytes[range])
        }
        cached = []
        bytes = stable
    }

    /// One bit is another one from now on.
    mutating func rot(using random: inout SeededRandom) {
        let bit = random.index(below: bytes.count * 8)
        bytes[bit / 8] ^= 1 << (bit % 8)
        stable[bit / 8] ^= 1 << (bit % 8)
    }
}

/// What the simulated machines write: a sector is one number, again and again.
enum SectorContents {
    static func bytes(of tags: some Collection<UInt64>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: tags.count * SimDisk.sector) { buffer, count in
            let words = UnsafeMutableRawBufferPointer(buffer).bindMemory(to: UInt64.self)
            var word = 0
            for tag in tags {
                words[word..<word + 64].update(repeating: tag.littleEndian)
                word += 64
            }
            count = tags.count * SimDisk.sector
        }
    }

    static func tag(of bytes: [UInt8], sector: Int) -> UInt64 {
        bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: sector * 512, as: UInt64.self)) }
    }

    /// Of the contents of all sectors; changes with each of them.
    static func fingerprint(_ tags: [UInt64]) -> UInt64 {
        tags.reduce(0xCBF2_9CE4_8422_2325) { (($0 ^ $1) &* 0x100_0000_01B3) ^ ($0 >> 29) }
    }
}
