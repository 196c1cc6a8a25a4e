import Checksum

/// A frame that was found whole: a view of bytes that must outlive it.
///
/// What is judged when it is made: header, structure of the records, closing checksum, padding. The payload's own
/// checksums are judged by `check(raw:)`, once it is expanded.
public struct Frame {
    public let header: FrameHeader
    /// The whole frame with its padding.
    public let bytes: UnsafeRawBufferPointer

    /// Judges the frame at the start of `bytes`; what follows it is not looked at.
    /// - Throws: `StreamFormatError`, with the part that is wrong. Never traps, whatever the bytes are.
    public init(judging bytes: UnsafeRawBufferPointer) throws(StreamFormatError) {
        let header = try FrameHeader(reading: bytes)
        guard header.frameLength <= bytes.count else {
            throw .truncated(needed: header.frameLength, present: bytes.count)
        }
        self.header = header
        self.bytes = bytes.part(0..<header.frameLength)
        try judgeClosing()
        try judgeRecords()
    }

    /// A frame that was judged before, in the same process.
    public init(trusted bytes: UnsafeRawBufferPointer, header: FrameHeader) {
        precondition(bytes.count == header.frameLength, "a frame of another length than its header says")
        self.header = header
        self.bytes = bytes
    }

    /// The record with this number, counted from 0.
    public func record(_ number: Int) -> FrameRecord {
        precondition((0..<header.recordCount).contains(number), "a record outside of its frame")
        let start = FrameHeader.length + number * FrameRecord.length
        do {
            return try FrameRecord(reading: bytes.part(start..<start + FrameRecord.length), number: number)
        } catch {
            preconditionFailure("a frame that was judged changed: \(error)")
        }
    }

    /// The payload as stored, by `header.codec`.
    public var storedPayload: UnsafeRawBufferPointer { bytes.part(header.payloadStart..<header.closingStart) }

    /// Header and record headers: what the digest chain covers.
    var chained: UnsafeRawBufferPointer { bytes.part(0..<header.payloadStart) }

    /// Judges the expanded payload by its hash and each record by its checksum.
    public func check(raw: UnsafeRawBufferPointer) throws(StreamFormatError) {
        guard raw.count == header.rawLength else {
            throw .malformed(.payload(record: nil), "\(raw.count) bytes instead of \(header.rawLength)")
        }
        for number in 0..<header.recordCount {
            let record = record(number)
            let own = raw.part(record.offset..<record.offset + record.payloadLength)
            guard CRC32C(of: own) == record.checksum else { throw .damaged(.payload(record: number)) }
        }
        guard XXH3(of: raw) == header.payloadHash else { throw .damaged(.payload(record: nil)) }
    }

    private func judgeClosing() throws(StreamFormatError) {
        let covered = bytes.part(0..<header.closingStart)
        let stored: UInt32 = bytes.number(at: header.closingStart)
        let computed = CRC32C(of: covered).value
        guard computed == stored else { throw .damaged(damagedPart(syndrome: computed ^ stored)) }
        let padding = bytes[(header.closingStart + FrameHeader.closingLength)...]
        guard padding.allSatisfy({ $0 == 0 }) else { throw .damaged(.padding) }
    }

    private func judgeRecords() throws(StreamFormatError) {
        var payload = 0
        for number in 0..<header.recordCount {
            let start = FrameHeader.length + number * FrameRecord.length
            let record = try FrameRecord(reading: bytes.part(start..<start + FrameRecord.length), number: number)
            if record.kind.hasPayload {
                guard record.offset == payload, record.payloadLength <= header.rawLength - payload else {
                    throw .malformed(.record(number), "its payload lies outside")
                }
                payload += record.payloadLength
            }
            guard !record.kind.isBarrier || number == header.recordCount - 1 else {
                throw .malformed(.record(number), "a barrier ahead of the end of its frame")
            }
            guard number < header.recordCount - 1 || record.kind.isBarrier == header.flags.contains(.endsEpoch) else {
                throw .malformed(.record(number), "the header says otherwise about the end of the write epoch")
            }
        }
        guard payload == header.rawLength else { throw .malformed(.payload(record: nil), "no record covers its end") }
    }

    /// Where the one wrong bit is, from the difference of two checksums; `body` when more than one is wrong.
    private func damagedPart(syndrome: UInt32) -> StreamPart {
        if syndrome.nonzeroBitCount == 1 { return .closing }
        guard let bit = CRC32C.flippedBit(syndrome: syndrome, among: header.closingStart * 8) else { return .body }
        let byte = bit / 8
        if byte < FrameHeader.length { return .header }
        if byte < header.payloadStart { return .record((byte - FrameHeader.length) / FrameRecord.length) }
        guard header.codec == .none else { return .payload(record: nil) }
        let offset = byte - header.payloadStart
        let owner = (0..<header.recordCount).first { number in
            let start = FrameHeader.length + number * FrameRecord.length
            guard let kind = RecordKind(rawValue: bytes[start + 2]), kind.hasPayload else { return false }
            let first = Int(bytes.number(at: start + 16, as: UInt32.self))
            let units = Int(bytes.number(at: start + 4, as: UInt32.self))
            return offset >= first && offset < first + units * StreamUnit.bytes
        }
        return .payload(record: owner)
    }
}

extension CRC32C {
    /// The one bit, counted from the first byte's lowest, whose flip among `count` bits makes this difference of
    /// checksums: a flip `n` bits ahead of the end shifts the register `n` times. Nil when no single bit does.
    static func flippedBit(syndrome: UInt32, among count: Int) -> Int? {
        var register: UInt32 = 1
        for distance in 1...max(1, count) {
            register = (register >> 1) ^ (register & 1 == 1 ? 0x82F6_3B78 : 0)
            if register == syndrome { return distance <= count ? count - distance : nil }
        }
        return nil
    }
}
