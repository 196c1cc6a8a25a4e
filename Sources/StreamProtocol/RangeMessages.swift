import Crypto

/// A piece of a base image on its way from one node to another.
public struct CopyRange: Hashable, Sendable {
    public var volume: VolumeNumber
    /// In units of 512 bytes.
    public var address: UInt64
    public var units: UInt32
    /// All bytes of the range, as stored by `codec`; empty for zeros.
    public var codec: FrameCodec
    public var stored: [UInt8]

    /// Units that one message can carry.
    public static let mostUnits = UInt32(FrameLimits.payload / StreamUnit.bytes)

    public init(volume: VolumeNumber, address: UInt64, units: UInt32, codec: FrameCodec = .none, stored: [UInt8]) {
        self.volume = volume
        self.address = address
        self.units = units
        self.codec = codec
        self.stored = stored
    }

    /// Bytes once expanded.
    public var rawLength: Int { Int(units) * StreamUnit.bytes }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        volume = VolumeNumber(try reader.number())
        address = try reader.number()
        units = try reader.number()
        codec = try reader.choice()
        try Self.judge(address: address, units: units, most: UInt32.max)
        stored = try reader.array(reader.remaining)
        guard stored.isEmpty || units <= Self.mostUnits else { throw .malformed(.message, "\(units) units with bytes") }
        guard stored.isEmpty || (codec == .none ? stored.count == rawLength : stored.count < rawLength) else {
            throw .malformed(.message, "\(stored.count) bytes for \(units) units")
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(volume.number)
        writer.put(address)
        writer.put(units)
        writer.put(codec.rawValue)
        writer.put(stored)
    }

    static func judge(address: UInt64, units: UInt32, most: UInt32) throws(StreamFormatError) {
        guard units > 0, units <= most, address <= FrameRecord.addressLimit,
            address + UInt64(units) <= FrameRecord.addressLimit
        else { throw .malformed(.message, "\(units) units at \(address)") }
    }
}

/// The base image was whole as of a position, which frames follow.
public struct CopyEnd: Hashable, Sendable {
    public var position: StreamPosition
    /// Where the generation of that position began.
    public var predecessor: StreamPosition
    /// The position is a state that a power cut could have left.
    public var isConsistent: Bool
    /// Wall clock at the source of that position, nanoseconds since 1970.
    public var time: UInt64

    public init(position: StreamPosition, predecessor: StreamPosition, isConsistent: Bool, time: UInt64 = 0) {
        self.position = position
        self.predecessor = predecessor
        self.isConsistent = isConsistent
        self.time = time
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        position = try reader.position()
        predecessor = try reader.position()
        let flag = try reader.number(as: UInt8.self)
        guard flag <= 1 else { throw .malformed(.message, "flag \(flag)") }
        isConsistent = flag == 1
        time = try reader.number()
    }

    func write(to writer: inout MessageWriter) {
        writer.put(position)
        writer.put(predecessor)
        writer.put(isConsistent ? UInt8(1) : 0)
        writer.put(time)
    }
}

/// Asks which blocks of a range differ from the receiver's newest state, after everything that was sent ahead of it.
public struct CompareRequest: Hashable, Sendable {
    public var number: UInt64
    public var volume: VolumeNumber
    /// In units of 512 bytes; `hashes.count` blocks of `blockLength` follow.
    public var address: UInt64
    public var hashes: [BlockHash]

    public static let blockLength = 4_096
    public static let mostBlocks = 2_048

    public init(number: UInt64, volume: VolumeNumber, address: UInt64, hashes: [BlockHash]) {
        self.number = number
        self.volume = volume
        self.address = address
        self.hashes = hashes
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        number = try reader.number()
        volume = VolumeNumber(try reader.number())
        address = try reader.number()
        let count = try reader.number(as: UInt16.self)
        try CopyRange.judge(address: address, units: UInt32(count) * 8, most: UInt32(Self.mostBlocks * 8))
        hashes = []
        for _ in 0..<count { hashes.append(BlockHash(high: try reader.number(), low: try reader.number())) }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(number)
        writer.put(volume.number)
        writer.put(address)
        precondition((1...Self.mostBlocks).contains(hashes.count), "\(hashes.count) blocks to compare")
        writer.put(UInt16(hashes.count))
        for hash in hashes {
            writer.put(hash.high)
            writer.put(hash.low)
        }
    }
}

/// The first 16 bytes of the SHA-256 of a block: a block that is taken for equal is not sent.
public struct BlockHash: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of a block; the last one of a volume may be shorter than the others.
    public init(of block: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: block)
        (high, low) = hash.finalize().withUnsafeBytes { ($0.number(at: 0), $0.number(at: 8)) }
    }
}

/// Which blocks of a `CompareRequest` differ.
public struct CompareAnswer: Hashable, Sendable {
    public var number: UInt64
    /// Numbers of the blocks, from 0, rising.
    public var different: [UInt16]

    public init(number: UInt64, different: [UInt16]) {
        self.number = number
        self.different = different
    }

    init(reading reader: inout MessageReader) throws(StreamFormatError) {
        number = try reader.number()
        let count = Int(try reader.number(as: UInt16.self))
        guard count <= CompareRequest.mostBlocks else { throw .malformed(.message, "\(count) blocks") }
        different = []
        for _ in 0..<count {
            let block = try reader.number(as: UInt16.self)
            guard block > different.last ?? 0 || different.isEmpty, block < CompareRequest.mostBlocks else {
                throw .malformed(.message, "block \(block) out of order")
            }
            different.append(block)
        }
    }

    func write(to writer: inout MessageWriter) {
        writer.put(number)
        writer.put(UInt16(different.count))
        for block in different { writer.put(block) }
    }
}
