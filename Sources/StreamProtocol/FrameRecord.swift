import Checksum

/// One entry of a frame: 24 bytes ahead of the payload (docs/replication.md).
public struct FrameRecord: Hashable, Sendable {
    public static let length = 24

    public let volume: VolumeNumber
    public let kind: RecordKind
    /// In units of 512 bytes; of a bookmark or a change of a volume, that of its padded payload.
    public let units: UInt32
    /// In units of 512 bytes; 0 where there is no address.
    public let address: UInt64
    /// Where its bytes begin in the raw payload; 0 for a record without bytes.
    public let offset: Int
    /// Of its raw bytes; that of no bytes for a record without.
    public let checksum: CRC32C

    public init(
        volume: VolumeNumber, kind: RecordKind, units: UInt32 = 0, address: UInt64 = 0, offset: Int = 0,
        checksum: CRC32C = CRC32C(value: 0)
    ) {
        self.volume = volume
        self.kind = kind
        self.units = units
        self.address = address
        self.offset = offset
        self.checksum = checksum
    }

    /// Bytes of payload.
    public var payloadLength: Int { kind.hasPayload ? Int(units) * StreamUnit.bytes : 0 }

    /// Addresses and lengths end below 2^63 bytes.
    public static let addressLimit: UInt64 = 1 << 54

    init(reading bytes: UnsafeRawBufferPointer, number: Int) throws(StreamFormatError) {
        guard let kind = RecordKind(rawValue: bytes[2]) else { throw .malformed(.record(number), "kind \(bytes[2])") }
        guard bytes[3] == 0 else { throw .malformed(.record(number), "byte 3 is not zero") }
        self.init(
            volume: VolumeNumber(bytes.number(at: 0)), kind: kind, units: bytes.number(at: 4),
            address: bytes.number(at: 8), offset: Int(bytes.number(at: 16, as: UInt32.self)),
            checksum: CRC32C(value: bytes.number(at: 20)))
        guard address <= Self.addressLimit, address + UInt64(units) <= Self.addressLimit else {
            throw .malformed(.record(number), "it ends above 2^63 bytes")
        }
        guard kind.isBarrierOnly ? units == 0 && address == 0 : units > 0 else {
            throw .malformed(.record(number), "a \(kind) of \(units) units at \(address)")
        }
        guard kind.hasPayload || (offset == 0 && checksum.value == 0) else {
            throw .malformed(.record(number), "a \(kind) with payload")
        }
    }

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.put(volume.number, at: 0)
        bytes[2] = kind.rawValue
        bytes[3] = 0
        bytes.put(units, at: 4)
        bytes.put(address, at: 8)
        bytes.put(UInt32(offset), at: 16)
        bytes.put(checksum.value, at: 20)
    }
}

extension RecordKind {
    /// Whether bytes of the payload belong to it.
    public var hasPayload: Bool {
        switch self {
        case .write, .forcedWrite, .repair, .mark, .configuration: true
        case .zero, .discard, .flush, .cut: false
        }
    }

    /// Ends its write epoch: everything up to it is a state that a power cut could have left.
    public var isBarrier: Bool {
        switch self {
        case .flush, .forcedWrite, .cut, .mark: true
        case .write, .zero, .discard, .repair, .configuration: false
        }
    }

    /// Changes what reads of a range give.
    public var changesData: Bool {
        switch self {
        case .write, .zero, .discard, .forcedWrite, .repair: true
        case .flush, .cut, .mark, .configuration: false
        }
    }

    var isBarrierOnly: Bool { self == .flush || self == .cut }
}
