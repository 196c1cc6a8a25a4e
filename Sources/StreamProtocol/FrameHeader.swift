import Checksum

/// How the payload of a frame is stored.
public enum FrameCodec: UInt8, Sendable, CaseIterable {
    case none = 0
    case lz4 = 1
    case zstd = 2
}

public struct FrameFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The last record is a barrier: the write epoch ends here.
    public static let endsEpoch = FrameFlags(rawValue: 1)
    /// The stream is no state that a power cut could have left: a copy or resync is under way.
    public static let notConsistent = FrameFlags(rawValue: 2)

    static let known: FrameFlags = [.endsEpoch, .notConsistent]
}

/// Bounds of a frame. Whoever writes one closes it before it breaks them; whoever reads one refuses it.
public enum FrameLimits {
    /// Bytes of raw payload.
    public static let payload = 1 << 20
    public static let records = 8_192
    /// Frames begin and end at multiples of this many bytes.
    public static let alignment = 4_096
    /// Bytes of the longest frame.
    public static let frame = padded(
        FrameHeader.length + records * FrameRecord.length + payload + FrameHeader.closingLength)

    /// The next multiple of `alignment`.
    public static func padded(_ length: Int) -> Int { (length + alignment - 1) / alignment * alignment }
}

/// The first 96 bytes of a frame (docs/replication.md), all numbers little-endian.
public struct FrameHeader: Hashable, Sendable {
    public static let length = 96
    /// CRC-32C at the end of a frame.
    static let closingLength = 4
    /// `KLF`, the version behind it is the fourth byte.
    static let magic: UInt32 = 0x46_4C4B
    static let version = UInt8(ascii: "1")

    public var codec: FrameCodec
    public var flags: FrameFlags
    public var machine: MachineID
    public var generation: Generation
    /// Sequence of the first record; the others follow one by one.
    public var firstSequence: UInt64
    /// Number of the write epoch within its generation, from 1.
    public var writeEpoch: UInt64
    /// Payload bytes, raw, of this generation ahead of this frame.
    public var bytesAhead: UInt64
    /// Wall clock at the source when the frame was closed, nanoseconds since 1970.
    public var wallClock: UInt64
    /// The source's monotonic clock at that moment, nanoseconds.
    public var monotonicClock: UInt64
    /// At least 1.
    public var recordCount: Int
    /// Bytes of the payload.
    public var rawLength: Int
    /// Bytes of the payload as stored: equal to `rawLength` without a codec, else fewer.
    public var storedLength: Int
    /// Of the raw payload.
    public var payloadHash: XXH3

    public var lastSequence: UInt64 { firstSequence + UInt64(recordCount) - 1 }
    var payloadStart: Int { Self.length + recordCount * FrameRecord.length }
    var closingStart: Int { payloadStart + storedLength }
    /// Bytes of the whole frame with its padding.
    public var frameLength: Int { FrameLimits.padded(closingStart + Self.closingLength) }

    public init(
        codec: FrameCodec = .none, flags: FrameFlags = [], machine: MachineID, generation: Generation,
        firstSequence: UInt64, writeEpoch: UInt64, bytesAhead: UInt64, wallClock: UInt64, monotonicClock: UInt64,
        recordCount: Int = 0, rawLength: Int = 0, storedLength: Int = 0, payloadHash: XXH3 = XXH3(value: 0)
    ) {
        self.codec = codec
        self.flags = flags
        self.machine = machine
        self.generation = generation
        self.firstSequence = firstSequence
        self.writeEpoch = writeEpoch
        self.bytesAhead = bytesAhead
        self.wallClock = wallClock
        self.monotonicClock = monotonicClock
        self.recordCount = recordCount
        self.rawLength = rawLength
        self.storedLength = storedLength
        self.payloadHash = payloadHash
    }

    /// Reads and judges the header at the start of `bytes`; the rest of the frame need not be there.
    public init(reading bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        guard bytes.count >= Self.length else { throw .truncated(needed: Self.length, present: bytes.count) }
        // A damaged version is damage, not a strange version.
        let isWhole = CRC32C(of: bytes.part(0..<92)).value == bytes.number(at: 92)
        let magic = bytes.number(at: 0, as: UInt32.self)
        guard magic & 0xFF_FFFF == Self.magic else {
            if isWhole { throw .strangeMagic(magic) }
            throw .damaged(.header)
        }
        guard isWhole else { throw .damaged(.header) }
        guard bytes[3] == Self.version else { throw .unknownVersion(bytes[3]) }
        guard let codec = FrameCodec(rawValue: bytes[4]) else { throw .malformed(.header, "codec \(bytes[4])") }
        guard bytes[5] & ~FrameFlags.known.rawValue == 0 else { throw .malformed(.header, "flags \(bytes[5])") }
        guard bytes[6] == 0, bytes[7] == 0 else { throw .malformed(.header, "bytes 6 and 7 are not zero") }
        self.init(
            codec: codec, flags: FrameFlags(rawValue: bytes[5]),
            machine: MachineID(high: bytes.number(at: 8), low: bytes.number(at: 16)),
            generation: Generation(bytes.number(at: 24)), firstSequence: bytes.number(at: 32),
            writeEpoch: bytes.number(at: 40), bytesAhead: bytes.number(at: 48), wallClock: bytes.number(at: 56),
            monotonicClock: bytes.number(at: 64), recordCount: Int(bytes.number(at: 72, as: UInt32.self)),
            rawLength: Int(bytes.number(at: 76, as: UInt32.self)),
            storedLength: Int(bytes.number(at: 80, as: UInt32.self)), payloadHash: XXH3(value: bytes.number(at: 84)))
        try judge()
    }

    private func judge() throws(StreamFormatError) {
        guard (1...FrameLimits.records).contains(recordCount) else {
            throw .malformed(.header, "\(recordCount) records, 1 to \(FrameLimits.records) are possible")
        }
        guard rawLength <= FrameLimits.payload, rawLength % StreamUnit.bytes == 0 else {
            throw .malformed(.header, "\(rawLength) bytes of payload")
        }
        guard codec == .none ? storedLength == rawLength : storedLength < rawLength else {
            throw .malformed(.header, "\(rawLength) bytes of payload are stored as \(storedLength)")
        }
        guard firstSequence >= 1, firstSequence <= UInt64.max >> 1 else {
            throw .malformed(.header, "sequence \(firstSequence)")
        }
    }

    /// Writes the 96 bytes with their checksum.
    /// - Precondition: the numbers are within the limits.
    func write(to bytes: UnsafeMutableRawBufferPointer) {
        precondition((1...FrameLimits.records).contains(recordCount) && rawLength <= FrameLimits.payload)
        bytes.put(Self.magic | UInt32(Self.version) << 24, at: 0)
        bytes[4] = codec.rawValue
        bytes[5] = flags.rawValue
        bytes.put(UInt16(0), at: 6)
        bytes.put(machine.high, at: 8)
        bytes.put(machine.low, at: 16)
        bytes.put(generation.number, at: 24)
        bytes.put(firstSequence, at: 32)
        bytes.put(writeEpoch, at: 40)
        bytes.put(bytesAhead, at: 48)
        bytes.put(wallClock, at: 56)
        bytes.put(monotonicClock, at: 64)
        bytes.put(UInt32(recordCount), at: 72)
        bytes.put(UInt32(rawLength), at: 76)
        bytes.put(UInt32(storedLength), at: 80)
        bytes.put(payloadHash.value, at: 84)
        bytes.put(CRC32C(of: UnsafeRawBufferPointer(bytes).part(0..<92)).value, at: 92)
    }
}
