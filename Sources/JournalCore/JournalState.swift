import Checksum
import StreamProtocol

/// What a journal knows of a volume.
public struct JournalVolume: Hashable, Sendable {
    public let number: VolumeNumber
    /// Bytes; a multiple of `blockSize`.
    public let size: UInt64
    /// 512 or 4096.
    public let blockSize: Int

    public init(number: VolumeNumber, size: UInt64, blockSize: Int) {
        self.number = number
        self.size = size
        self.blockSize = blockSize
    }

    /// In units of 512 bytes.
    public var units: UInt64 { size / UInt64(StreamUnit.bytes) }

    /// A sentence about what is impossible with it; nil when all is well.
    public var problem: String? {
        guard blockSize == 512 || blockSize == 4096 else {
            return "blocks of \(blockSize) bytes; 512 and 4096 are possible"
        }
        guard size % UInt64(blockSize) == 0 else {
            return "its size of \(size) bytes is no multiple of its blocks of \(blockSize) bytes"
        }
        return units <= ExtentKey.addressLimit ? nil : "its size of \(size) bytes is above 128 PiB"
    }
}

/// The content of a journal's `state`: what the base has. Replaced as a whole.
public struct JournalState: Hashable, Sendable {
    static let magic: StaticString = "KLJ1"
    static let headerLength = 512

    public var machine: MachineID
    /// Segments with a lower number are of an earlier life of the journal.
    public var firstSegment: UInt32
    /// Number of the set of base images that counts; another set is a copy that was not finished.
    public var baseSet: UInt32
    /// The base has everything up to here.
    public var base: JournalPlace
    /// The base may have something up to here: nothing ahead of it can be opened. Ahead of a folding it is moved first.
    public var floor: JournalPlace
    /// Wall clock at the source of the point `base`, nanoseconds since 1970; 0 before the first.
    public var baseTime: UInt64
    /// Whether `base` is a state that a power cut could have left.
    public var isBaseConsistent: Bool
    /// As they are at `base`, by number.
    public var volumes: [JournalVolume]

    public init(
        machine: MachineID, firstSegment: UInt32 = 1, baseSet: UInt32 = 1, base: JournalPlace = .start,
        floor: JournalPlace = .start,
        baseTime: UInt64 = 0, isBaseConsistent: Bool = false, volumes: [JournalVolume]
    ) {
        self.machine = machine
        self.firstSegment = firstSegment
        self.baseSet = baseSet
        self.base = base
        self.floor = floor
        self.baseTime = baseTime
        self.isBaseConsistent = isBaseConsistent
        self.volumes = volumes
    }

    /// The whole file.
    public var bytes: [UInt8] {
        var body = ByteWriter()
        for volume in volumes { body.put(volume) }
        var header = ByteWriter()
        header.put("KLJ1".utf8)
        header.put(machine)
        header.put(firstSegment)
        header.put(baseSet)
        header.put(base)
        header.put(floor)
        header.put(baseTime)
        header.put(UInt8(isBaseConsistent ? 1 : 0))
        header.put(UInt32(volumes.count))
        header.put(body.bytes.withUnsafeBytes { CRC32C(of: $0) }.value)
        header.close(at: Self.headerLength)
        return header.bytes + body.bytes
    }

    /// - Throws: `JournalFormatError`; never traps, whatever the bytes are.
    public init(reading bytes: UnsafeRawBufferPointer) throws(JournalFormatError) {
        var reader = try ByteReader.judging(bytes, .state, magic: Self.magic, count: Self.headerLength)
        machine = try reader.machine()
        firstSegment = try reader.number()
        baseSet = try reader.number()
        base = try reader.place()
        floor = try reader.place()
        baseTime = try reader.number()
        let isConsistent: UInt8 = try reader.number()
        isBaseConsistent = isConsistent == 1
        let count: UInt32 = try reader.number()
        let checksum: UInt32 = try reader.number()
        let body = bytes.part(Self.headerLength..<bytes.count)
        guard CRC32C(of: body).value == checksum else { throw .damaged(.state) }
        guard base.ordinal <= floor.ordinal else { throw .malformed(.state, "the base is behind the floor") }
        var list = ByteReader(body, .state)
        volumes = []
        for _ in 0..<count { volumes.append(try list.volume()) }
        guard list.remaining == 0 else { throw .malformed(.state, "\(list.remaining) bytes too many") }
    }
}
