import Checksum
import StreamProtocol

extension Frame {
    /// What the frame does to volumes, as entries of an index, in the order of its records.
    ///
    /// - Parameters:
    ///   - segment: number of the segment that has the frame.
    ///   - start: bytes from the segment's start to the frame.
    ///   - ordinal: the journal's number of the record ahead of it.
    ///   - extents: where they are appended.
    public func appendExtents(segment: UInt32, start: Int, after ordinal: UInt64, to extents: inout [Extent]) {
        let payload = start + FrameHeader.length + header.recordCount * FrameRecord.length
        for number in 0..<header.recordCount {
            let record = record(number)
            guard record.kind.changesData else { continue }
            let own = ordinal + UInt64(number) + 1
            let key = ExtentKey(record.volume, address: record.address)
            guard record.kind.hasPayload else {
                Extent.appendZeros(at: key, units: UInt64(record.units), segment, own, to: &extents)
                continue
            }
            let content: Extent.Content =
                header.codec == .none
                ? .plain(place: UInt32(payload + record.offset), checksum: record.checksum.value)
                : .compressed(
                    frame: UInt32(start), blocks: UInt16(header.frameLength / FrameLimits.alignment),
                    offset: UInt32(record.offset), checksum: record.checksum.value)
            extents.append(
                Extent(key: key, units: record.units, segment: segment, ordinal: own, content: content))
        }
    }
}

extension Extent {
    /// A range that reads as zeros, in parts that are not too long.
    public static func appendZeros(
        at key: ExtentKey, units: UInt64, _ segment: UInt32, _ ordinal: UInt64, to extents: inout [Extent]
    ) {
        let longest = max(UInt64(Self.longest), (units + Self.mostParts - 1) / Self.mostParts)
        var done: UInt64 = 0
        while done < units {
            let part = UInt32(min(units - done, min(longest, UInt64(UInt32.max))))
            extents.append(
                Extent(key: key + done, units: part, segment: segment, ordinal: ordinal, content: .zeros))
            done += UInt64(part)
        }
    }
}
