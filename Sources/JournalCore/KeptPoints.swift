import Checksum
import StreamProtocol

/// A point behind the base that can still be opened: what the base had there before it was folded over is kept.
public struct KeptPoint: Hashable, Sendable {
    public let place: JournalPlace
    /// Wall clock at the source, nanoseconds since 1970.
    public let time: UInt64
    /// As they were there, by number.
    public let volumes: [JournalVolume]

    public init(place: JournalPlace, time: UInt64, volumes: [JournalVolume]) {
        self.place = place
        self.time = time
        self.volumes = volumes
    }
}

/// The content of a journal's `kept`: from the oldest to the newest. Replaced as a whole.
public struct KeptPoints: Hashable, Sendable {
    static let magic: StaticString = "KLK1"
    static let headerLength = 64

    public var points: [KeptPoint]

    public init(_ points: [KeptPoint] = []) { self.points = points }

    /// The whole file.
    public var bytes: [UInt8] {
        var body = ByteWriter()
        for point in points {
            body.put(point.place)
            body.put(point.time)
            body.put(UInt32(point.volumes.count))
            for volume in point.volumes { body.put(volume) }
        }
        var header = ByteWriter()
        header.put("KLK1".utf8)
        header.put(UInt32(points.count))
        header.put(body.bytes.withUnsafeBytes { CRC32C(of: $0) }.value)
        header.close(at: Self.headerLength)
        return header.bytes + body.bytes
    }

    /// - Throws: `JournalFormatError`; never traps, whatever the bytes are.
    public init(reading bytes: UnsafeRawBufferPointer) throws(JournalFormatError) {
        var reader = try ByteReader.judging(bytes, .kept, magic: Self.magic, count: Self.headerLength)
        let count: UInt32 = try reader.number()
        let checksum: UInt32 = try reader.number()
        let body = bytes.part(Self.headerLength..<bytes.count)
        guard CRC32C(of: body).value == checksum else { throw .damaged(.kept) }
        var list = ByteReader(body, .kept)
        points = []
        for _ in 0..<count {
            let place = try list.place()
            if let last = points.last, place.ordinal <= last.place.ordinal {
                throw .malformed(.kept, "its points are not in order")
            }
            let time: UInt64 = try list.number()
            let volumeCount: UInt32 = try list.number()
            var volumes: [JournalVolume] = []
            for _ in 0..<volumeCount { volumes.append(try list.volume()) }
            points.append(KeptPoint(place: place, time: time, volumes: volumes))
        }
        guard list.remaining == 0 else { throw .malformed(.kept, "\(list.remaining) bytes too many") }
    }
}
