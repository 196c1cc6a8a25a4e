import StreamProtocol

/// A place on a machine's volumes: the volume's number in the upper 16 bits, the address in units of 512 bytes in the
/// lower 48. So one comparison sorts by volume and address.
public struct ExtentKey: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(value: UInt64) { self.value = value }

    /// - Precondition: an address below `addressLimit`.
    public init(_ volume: VolumeNumber, address: UInt64) {
        precondition(address < Self.addressLimit, "an address of \(address) units")
        value = UInt64(volume.number) << 48 | address
    }

    /// Units; no volume is longer (128 PiB).
    public static let addressLimit: UInt64 = 1 << 48

    public var volume: VolumeNumber { VolumeNumber(UInt16(value >> 48)) }
    /// In units of 512 bytes.
    public var address: UInt64 { value & (Self.addressLimit - 1) }

    @inlinable
    public static func < (left: ExtentKey, right: ExtentKey) -> Bool { left.value < right.value }
    public static func + (left: ExtentKey, units: UInt64) -> ExtentKey { ExtentKey(value: left.value + units) }
}

/// What one record did to a range, and where its bytes are: an entry of an index, 40 bytes on the disk as in memory
/// (little-endian, as every machine that this runs on).
public struct Extent: Hashable, Sendable {
    public let key: ExtentKey
    /// In units of 512 bytes, at least 1.
    public let units: UInt32
    /// Number of the segment that has its frame.
    public let segment: UInt32
    /// Number of its record in the journal.
    public let ordinal: UInt64
    /// Bytes from the segment's start: where the record's bytes begin, or its frame when that is compressed.
    public let place: UInt32
    /// Of a compressed frame: where the record's bytes begin in the raw payload.
    public let offset: UInt32
    /// CRC-32C of the record's raw bytes.
    public let checksum: UInt32
    /// 0 plain, 1 zeros, 2 compressed; the number of the frame's blocks in the upper half.
    private let flags: UInt32

    public enum Content: Hashable, Sendable {
        case zeros
        /// The record's bytes stand in the segment as they are.
        case plain(place: UInt32, checksum: UInt32)
        /// They are in the expanded payload of the frame at `frame`, which has so many blocks of 4096 bytes.
        case compressed(frame: UInt32, blocks: UInt16, offset: UInt32, checksum: UInt32)
    }

    /// Bytes of an entry.
    public static let length = 40
    /// Units. Records that only clear are cut into such parts, so that no extent reaches far over others; one is not
    /// cut into more than `mostParts`, so that it cannot fill an index.
    static let longest: UInt32 = 1 << 19
    static let mostParts: UInt64 = 64

    public init(key: ExtentKey, units: UInt32, segment: UInt32, ordinal: UInt64, content: Content) {
        self.key = key
        self.units = units
        self.segment = segment
        self.ordinal = ordinal
        switch content {
        case .zeros: (place, offset, checksum, flags) = (0, 0, 0, 1)
        case .plain(let place, let checksum):
            (self.place, offset, self.checksum, flags) = (place, 0, checksum, 0)
        case .compressed(let frame, let blocks, let offset, let checksum):
            (place, self.offset, self.checksum, flags) = (frame, offset, checksum, 2 | UInt32(blocks) << 16)
        }
    }

    public var content: Content {
        switch flags & 0xFFFF {
        case 0: .plain(place: place, checksum: checksum)
        case 2: .compressed(frame: place, blocks: UInt16(flags >> 16), offset: offset, checksum: checksum)
        default: .zeros
        }
    }

    public var end: ExtentKey { key + UInt64(units) }

    /// The order of an index: by place, at one place the newest first.
    static func precedes(_ left: Extent, _ right: Extent) -> Bool {
        left.key.value != right.key.value ? left.key.value < right.key.value : left.ordinal > right.ordinal
    }
}
