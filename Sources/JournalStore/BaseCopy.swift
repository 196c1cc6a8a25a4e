import BlockIO
import Checksum
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// What a copy of the base begins with: its position and the volumes as they were there.
public struct BaseCopyStart: Sendable {
    public let place: JournalPlace
    /// Wall clock at the source of that position, nanoseconds since 1970.
    public let time: UInt64
    public let isConsistent: Bool
    public let volumes: [JournalVolume]

    public init(place: JournalPlace, time: UInt64, isConsistent: Bool, volumes: [JournalVolume]) {
        self.place = place
        self.time = time
        self.isConsistent = isConsistent
        self.volumes = volumes
    }
}

/// A range of a base with its bytes; zeros have none.
public struct BaseRange: Sendable {
    public let volume: VolumeNumber
    /// In units of 512 bytes.
    public let address: UInt64
    public let units: UInt64
    /// Empty: zeros.
    public let bytes: [UInt8]

    public init(volume: VolumeNumber, address: UInt64, units: UInt64, bytes: [UInt8]) {
        self.volume = volume
        self.address = address
        self.units = units
        self.bytes = bytes
    }
}

extension Journal {
    /// Stops folding, so that the base stays as it is while it is copied to another node. A folding under way is
    /// finished first.
    ///
    /// - Parameter completion: what the base is of; `resumeFolding` must follow.
    public func pauseFolding(_ completion: @escaping @Sendable (Result<BaseCopyStart, PointError>) -> Void) {
        onLoop({ if case .failure(let error) = $0 { completion(.failure(error)) } }) { journal in
            journal.folding.pauses += 1
            journal.folding.waiting.append(completion)
            journal.fold()
            journal.tellPaused()
        }
    }

    /// Lets folding go on.
    public func resumeFolding() {
        let isPosted = host.loop.post {
            precondition(self.folding.pauses > 0, "folding was not paused")
            self.folding.pauses -= 1
            self.fold()
        }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }

    func tellPaused() {
        guard !folding.isRunning, state.floor == state.base else { return }
        let waiting = folding.waiting
        folding.waiting = []
        let start = BaseCopyStart(
            place: state.base, time: state.baseTime, isConsistent: state.isBaseConsistent, volumes: state.volumes)
        for completion in waiting { completion(.success(start)) }
    }

    /// The next range of the base at or behind an address, with its bytes, judged; nil at the volume's end. For copying
    /// while folding is paused, and for repairing another node's base. Reads on a thread of its own.
    ///
    /// - Parameter address: in units of 512 bytes, a multiple of 8.
    public func baseRange(
        _ volume: VolumeNumber, from address: UInt64,
        completion: @escaping @Sendable (Result<BaseRange?, JournalFinding>) -> Void
    ) {
        let isPosted = host.loop.post {
            let facts = self.state.volumes.first { $0.number == volume }
            let files = self.base.files
            self.host.slow.add { [host = self.host] in
                let outcome: Result<BaseRange?, JournalFinding>
                do throws(JournalFinding) {
                    var range: BaseRange?
                    if let facts { range = try BaseReading(facts, files).next(from: address) }
                    outcome = .success(range)
                } catch { outcome = .failure(error) }
                host.loop.post { completion(outcome) }
            }
        }
        precondition(isPosted, "the loop of a journal was stopped ahead of it")
    }
}

/// Reads a volume's image of the base and judges it, from a thread that waits.
final class BaseReading {
    private let volume: JournalVolume
    private let imagePath: String
    private let sumsPath: String
    private let image: OwnedDescriptor
    private let sums: OwnedDescriptor
    private let blockCount: UInt64
    /// Blocks of one range: 1 MiB.
    static let limit: UInt64 = 256
    /// Blocks of zeros of one range: 1 GiB.
    private static let holeLimit: UInt64 = 1 << 18

    /// - Throws: `JournalFinding`.
    init(_ volume: JournalVolume, _ files: BaseFiles) throws(JournalFinding) {
        self.volume = volume
        imagePath = files.folder.base(files.set, volume.number)
        sumsPath = files.folder.sums(files.set, volume.number)
        if let finding = files.judge(volume) { throw finding }
        do throws(SystemError) {
            image = OwnedDescriptor(taking: try DirectFile.open(imagePath, flags: O_RDONLY))
            sums = try OwnedDescriptor.open(sumsPath, flags: O_RDONLY)
        } catch {
            throw JournalFinding(.base, file: files.folder.path, offset: 0, volume: volume.number, cause: "\(error)")
        }
        blockCount = BaseFiles.imageLength(volume) / UInt64(BaseFiles.block)
    }

    /// - Throws: `JournalFinding` of the first block that is damaged.
    func next(from address: UInt64) throws(JournalFinding) -> BaseRange? {
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        let first = address / unitsPerBlock
        guard address < volume.units else { return nil }
        let sums = try read(sums: first..<min(blockCount, first + Self.limit))
        var count = 1
        while count < sums.count, (sums[count] == 0) == (sums[0] == 0) { count += 1 }
        if sums[0] == 0 {
            var end = first + UInt64(count)
            while end < blockCount, end - first < Self.holeLimit, count == Int(Self.limit) {
                let more = try read(sums: end..<min(blockCount, end + Self.limit))
                let holes = more.prefix { $0 == 0 }.count
                end += UInt64(holes)
                if holes < more.count { break }
            }
            return range(first..<end, [])
        }
        let blocks = first..<first + UInt64(count)
        let bytes = try read(blocks)
        for number in 0..<count {
            let part = number * BaseFiles.block..<(number + 1) * BaseFiles.block
            let isRight = bytes.withUnsafeBytes {
                BaseFiles.sum(UnsafeRawBufferPointer(rebasing: $0[part])) == sums[number]
            }
            guard isRight else { throw finding(first + UInt64(number), 1, "the block's checksum is wrong") }
        }
        return range(blocks, bytes)
    }

    private func range(_ blocks: Range<UInt64>, _ bytes: [UInt8]) -> BaseRange {
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        let start = blocks.lowerBound * unitsPerBlock
        let end = min(volume.units, blocks.upperBound * unitsPerBlock)
        return BaseRange(
            volume: volume.number, address: start, units: end - start,
            bytes: bytes.isEmpty ? [] : Array(bytes.prefix(Int(end - start) * StreamUnit.bytes)))
    }

    private func read(sums blocks: Range<UInt64>) throws(JournalFinding) -> [UInt32] {
        do throws(SystemError) {
            let bytes = try sums.readRange(blocks.lowerBound * 4..<blocks.upperBound * 4, subject: sumsPath)
            return bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        } catch { throw finding(blocks.lowerBound, UInt64(blocks.count), "\(error)") }
    }

    private func read(_ blocks: Range<UInt64>) throws(JournalFinding) -> [UInt8] {
        let count = blocks.count * BaseFiles.block
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: BaseFiles.block)
        defer { memory.deallocate() }
        var done = 0
        do throws(SystemError) {
            while done < count {
                let read = try systemCall("read", imagePath) {
                    pread(
                        image.raw, memory.baseAddress! + done, count - done,
                        off_t(blocks.lowerBound) * off_t(BaseFiles.block) + off_t(done))
                }
                guard read > 0 else { throw SystemError(operation: "read", subject: imagePath, errno: EIO) }
                done += read
            }
        } catch { throw finding(blocks.lowerBound, UInt64(blocks.count), "\(error)") }
        return Array(memory)
    }

    func finding(_ block: UInt64, _ count: UInt64, _ cause: String) -> JournalFinding {
        let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)
        return JournalFinding(
            .base, file: imagePath, offset: block * UInt64(BaseFiles.block), volume: volume.number,
            address: block * unitsPerBlock, units: count * unitsPerBlock, cause: cause)
    }
}
