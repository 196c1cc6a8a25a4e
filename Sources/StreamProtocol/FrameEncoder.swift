import Checksum

/// Gathers records and their payload and closes them into a frame, in a buffer that the caller owns.
///
/// The place of the payload is fixed, as if there were `recordLimit` records; header and records are put right ahead of
/// it at the end. So the payload is copied once, into its place, or received there (`appendPlace`).
public struct FrameEncoder {
    private let buffer: UnsafeMutableRawBufferPointer
    private let payloadStart: Int
    /// The frame is closed before there are more.
    public let recordLimit: Int
    public private(set) var recordCount = 0
    /// Bytes of payload.
    public private(set) var payloadLength = 0
    /// The last record is a barrier: nothing can follow in this frame.
    public private(set) var endsEpoch = false

    /// Bytes of a buffer for frames of up to `recordLimit` records.
    public static func bufferLength(recordLimit: Int) -> Int {
        FrameLimits.padded(FrameHeader.length + recordLimit * FrameRecord.length) + FrameLimits.payload
            + 2 * FrameLimits.alignment
    }

    /// - Parameter buffer: of `bufferLength` bytes; where it lies in memory is the caller's business.
    public init(buffer: UnsafeMutableRawBufferPointer, recordLimit: Int = 1_024) {
        precondition((1...FrameLimits.records).contains(recordLimit), "a frame of \(recordLimit) records")
        precondition(buffer.count >= Self.bufferLength(recordLimit: recordLimit), "the buffer is too short for a frame")
        self.buffer = buffer
        self.recordLimit = recordLimit
        payloadStart = FrameLimits.padded(FrameHeader.length + recordLimit * FrameRecord.length)
    }

    public var isEmpty: Bool { recordCount == 0 }

    /// Whether a record with so many bytes of payload still has room.
    public func takes(payload length: Int) -> Bool {
        !endsEpoch && recordCount < recordLimit && length <= FrameLimits.payload - payloadLength
    }

    /// Begins anew in the same buffer.
    public mutating func removeAll() {
        recordCount = 0
        payloadLength = 0
        endsEpoch = false
    }

    /// Where the bytes of the next record go, for whoever can put them there itself before `append`.
    /// - Precondition: `takes(payload: length)`.
    public func appendPlace(length: Int) -> UnsafeMutableRawBufferPointer {
        precondition(takes(payload: length), "a frame without room")
        return buffer.part(payloadStart + payloadLength..<payloadStart + payloadLength + length)
    }

    /// A record whose bytes were put to `appendPlace` already, or that has none.
    /// - Parameters:
    ///   - units: length of the range in units of 512 bytes; 0 for a flush or cut.
    ///   - address: in units of 512 bytes.
    public mutating func append(_ kind: RecordKind, volume: VolumeNumber, address: UInt64 = 0, units: UInt32 = 0) {
        let length = kind.hasPayload ? Int(units) * StreamUnit.bytes : 0
        precondition(takes(payload: length), "a frame without room")
        precondition(kind.isBarrierOnly ? units == 0 : units > 0, "a \(kind) of \(units) units")
        precondition(address + UInt64(units) <= FrameRecord.addressLimit, "an address above 2^63 bytes")
        let own = UnsafeRawBufferPointer(appendPlace(length: length))
        FrameRecord(
            volume: volume, kind: kind, units: units, address: kind.isBarrierOnly ? 0 : address,
            offset: kind.hasPayload ? payloadLength : 0, checksum: CRC32C(of: own)
        ).write(to: recordPlace(recordCount))
        recordCount += 1
        payloadLength += length
        endsEpoch = kind.isBarrier
    }

    /// A record with its bytes, a multiple of 512, copied.
    public mutating func append(
        _ kind: RecordKind, volume: VolumeNumber, address: UInt64 = 0, payload: UnsafeRawBufferPointer
    ) {
        precondition(payload.count % StreamUnit.bytes == 0 && kind.hasPayload, "\(payload.count) bytes for a \(kind)")
        appendPlace(length: payload.count).copyMemory(from: payload)
        append(kind, volume: volume, address: address, units: UInt32(payload.count / StreamUnit.bytes))
    }

    /// Records lie at the buffer's start in the order in which they came, and are moved once, when the frame is closed.
    private func recordPlace(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = FrameHeader.length + number * FrameRecord.length
        return buffer.part(start..<start + FrameRecord.length)
    }

    /// Closes the frame: checksums, header, padding.
    ///
    /// - Parameter header: what is known beforehand; counts, lengths, codec, hash and the flag of the epoch's end are
    ///   set here.
    /// - Returns: the frame, within the buffer and at no particular alignment; `removeAll` makes room for the next.
    public mutating func seal(_ header: FrameHeader) -> UnsafeRawBufferPointer {
        let header = completed(header, codec: .none, storedLength: payloadLength)
        let start = payloadStart - header.payloadStart
        let frame = buffer.part(start..<start + header.frameLength)
        // The header's place may overlap the records', so these move first.
        let records = UnsafeRawBufferPointer(buffer).part(FrameHeader.length..<header.payloadStart)
        if start > 0 { frame.part(FrameHeader.length..<header.payloadStart).copyMemory(from: records) }
        Self.finish(header, frame)
        return UnsafeRawBufferPointer(frame)
    }

    /// Closes the frame with its payload compressed into `target`.
    ///
    /// - Parameters:
    ///   - target: at least `FrameLimits.frame` bytes.
    ///   - compress: from raw bytes into at most the bytes given; how many they became, nil when it does not pay.
    /// - Returns: the frame at the start of `target`; nil when it does not pay.
    public func seal(
        _ header: FrameHeader, codec: FrameCodec, into target: UnsafeMutableRawBufferPointer,
        compress: (_ raw: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int?
    ) -> UnsafeRawBufferPointer? {
        precondition(codec != .none && target.count >= FrameLimits.frame, "a target that is too short")
        let raw = UnsafeRawBufferPointer(buffer).part(payloadStart..<payloadStart + payloadLength)
        let bodyStart = FrameHeader.length + recordCount * FrameRecord.length
        guard payloadLength > StreamUnit.bytes,
            let stored = compress(raw, target.part(bodyStart..<bodyStart + payloadLength - 1)), stored < payloadLength
        else { return nil }
        let header = completed(header, codec: codec, storedLength: stored)
        let frame = target.part(0..<header.frameLength)
        let records = UnsafeRawBufferPointer(buffer).part(FrameHeader.length..<bodyStart)
        frame.part(FrameHeader.length..<bodyStart).copyMemory(from: records)
        Self.finish(header, frame)
        return UnsafeRawBufferPointer(frame)
    }

    private func completed(_ given: FrameHeader, codec: FrameCodec, storedLength: Int) -> FrameHeader {
        precondition(recordCount > 0, "a frame without records")
        var header = given
        header.codec = codec
        if endsEpoch { header.flags.insert(.endsEpoch) } else { header.flags.remove(.endsEpoch) }
        header.recordCount = recordCount
        header.rawLength = payloadLength
        header.storedLength = storedLength
        header.payloadHash = XXH3(
            of: UnsafeRawBufferPointer(buffer).part(payloadStart..<payloadStart + payloadLength))
        return header
    }

    private static func finish(_ header: FrameHeader, _ frame: UnsafeMutableRawBufferPointer) {
        header.write(to: frame)
        let closing = CRC32C(of: UnsafeRawBufferPointer(frame).part(0..<header.closingStart))
        frame.put(closing.value, at: header.closingStart)
        _ = frame[(header.closingStart + FrameHeader.closingLength)...].initializeMemory(as: UInt8.self, repeating: 0)
    }
}
