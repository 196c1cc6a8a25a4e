import Primitives
import ReplicationCore
import StreamProtocol

/// The protected machine: its disk, the tap's queue, the write-intent log, and the service loop's state.
final class SourceModel {
    struct Write {
        /// Sector over all volumes.
        let sector: Int
        let tags: [UInt64]
        let isForced: Bool
    }

    /// Blocks of 4096 bytes; the write-intent log marks four at once.
    static let sectorsOfBlock = 8
    static let sectorsOfRegion = 32

    var disk: SimDisk
    var isUp = false
    var life = 0
    var core: SourceCore?
    var wakeVersion = 0
    var links: [Int?] = [nil, nil]
    /// What the file holds.
    var memory = SourceCore.Memory.none
    var start = SourceCore.Start.first

    // Write-intent log: what the file holds; in memory, when each region was last written.
    var intent: Set<Int> = []
    var lastWritten: [Int: StreamMark] = [:]
    /// Writes that are under way, by region and by sector.
    var underWay: [Write] = []
    var isFlushing = false

    // The stream
    var marks: Set<Int> = []
    var recording = SourceCore.Recording.marks
    /// Frames are consistent: nothing is marked, nothing is left out.
    var isConsistent = false
    var generation: Generation?
    var sequence: UInt64 = 0
    var digest = ChainDigest.empty
    var writeEpoch: UInt64 = 1
    var bytesAhead: UInt64 = 0
    var encoder: FrameEncoder
    let buffer: UnsafeMutableRawBufferPointer
    var frameVersion = 0
    var frames: [UInt64: [UInt8]] = [:]
    /// Blocks that the receiver was asked about.
    var compared: [Int] = []
    var compareFirst = 0
    var compareNumber: UInt64 = 0
    var isComparing = false

    static let recordLimit = 24
    static let payloadLimit = 3 * 1_024

    init(sectors: Int) {
        disk = SimDisk(sectors: sectors)
        buffer = .allocate(
            byteCount: FrameEncoder.bufferLength(recordLimit: Self.recordLimit), alignment: FrameLimits.alignment)
        encoder = FrameEncoder(buffer: buffer, recordLimit: Self.recordLimit)
    }

    deinit { buffer.deallocate() }

    var sectors: Int { disk.bytes.count / SimDisk.sector }
    var tags: [UInt64] { (0..<sectors).map { SectorContents.tag(of: disk.bytes, sector: $0) } }

    func tags(ofBlock block: Int) -> [UInt64] {
        (0..<Self.sectorsOfBlock).map {
            SectorContents.tag(of: disk.bytes, sector: block * Self.sectorsOfBlock + $0)
        }
    }

    static func blocks(of write: Write) -> ClosedRange<Int> {
        write.sector / sectorsOfBlock...(write.sector + write.tags.count - 1) / sectorsOfBlock
    }

    static func regions(of write: Write) -> ClosedRange<Int> {
        write.sector / sectorsOfRegion...(write.sector + write.tags.count - 1) / sectorsOfRegion
    }

    func isUnderWay(_ blocks: ClosedRange<Int>) -> Bool {
        underWay.contains { Self.blocks(of: $0).overlaps(blocks) }
    }

    /// Everything that lives in memory only.
    func forget() {
        core = nil
        links = [nil, nil]
        lastWritten = [:]
        underWay = []
        isFlushing = false
        marks = []
        recording = .marks
        isConsistent = false
        generation = nil
        encoder.removeAll()
        frames = [:]
        compared = []
        isComparing = false
    }
}
