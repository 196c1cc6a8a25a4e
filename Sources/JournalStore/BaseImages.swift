import BlockIO
import Checksum
import Glibc
import JournalCore
import Linux
import StreamProtocol

/// The base of a journal: for each volume an image, sparse, and its checksums: for each 4096 bytes of the image a
/// CRC-32C, 0 where they are zeros that were never written or given up again.
struct BaseFiles: Sendable {
    let folder: JournalFolder
    let set: UInt32

    static let block = 4096

    /// The sum of a block; never 0.
    static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let value = CRC32C(of: bytes).value
        return value == 0 ? 0x8000_0000 : value
    }

    /// Bytes of a volume's image.
    static func imageLength(_ volume: JournalVolume) -> UInt64 {
        (volume.size + UInt64(block) - 1) / UInt64(block) * UInt64(block)
    }

    static func sumsLength(_ volume: JournalVolume) -> UInt64 { imageLength(volume) / UInt64(block) * 4 }

    /// Makes image and sums as long as the volume; a new one is all zeros. Flushed by the caller.
    ///
    /// - Throws: `SystemError`.
    func prepare(_ volume: JournalVolume) throws(SystemError) {
        for (path, length) in [
            (folder.base(set, volume.number), Self.imageLength(volume)),
            (folder.sums(set, volume.number), Self.sumsLength(volume)),
        ] {
            let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
            if try file.length(subject: path) != length {
                try systemCall("resize", path) { ftruncate(file.raw, off_t(length)) }
            }
            try systemCall("flush", path) { fsync(file.raw) }
        }
    }

    /// Judges whether image and sums are as long as they must be.
    ///
    /// - Returns: a finding for a file that is gone or too short.
    func judge(_ volume: JournalVolume) -> JournalFinding? {
        for (path, length) in [
            (folder.base(set, volume.number), Self.imageLength(volume)),
            (folder.sums(set, volume.number), Self.sumsLength(volume)),
        ] {
            do throws(SystemError) {
                let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
                let present = try file.length(subject: path)
                guard present < length else { continue }
                return JournalFinding(
                    .base, file: path, offset: present, volume: volume.number, address: 0, units: volume.units,
                    cause: "it has \(present) bytes, \(length) were written")
            } catch {
                return JournalFinding(
                    .base, file: path, offset: 0, volume: volume.number, address: 0, units: volume.units,
                    cause: "\(error)")
            }
        }
        return nil
    }
}

/// The base as its journal's loop reads it.
final class BaseImages {
    let files: BaseFiles
    private var volumes: [VolumeNumber: BaseVolume] = [:]

    init(_ files: BaseFiles) { self.files = files }

    /// - Returns: nil when the base does not have the volume, so that it reads as zeros.
    /// - Throws: `SystemError` or `BlockFileError`.
    func volume(_ number: VolumeNumber, of state: JournalState, on loop: BlockLoop) throws -> BaseVolume? {
        guard let facts = state.volumes.first(where: { $0.number == number }), facts.size > 0 else { return nil }
        if let known = volumes[number], known.facts == facts { return known }
        let opened = try BaseVolume(facts, files, on: loop)
        volumes[number] = opened
        return opened
    }

    /// Opens the files anew at the next reading: their sizes may have changed.
    func forget() { volumes = [:] }
}

/// One volume of the base.
final class BaseVolume {
    let facts: JournalVolume
    let image: BlockFile
    let sumsPath: String
    private let sums: OwnedDescriptor

    init(_ facts: JournalVolume, _ files: BaseFiles, on loop: BlockLoop) throws {
        self.facts = facts
        image = try BlockFile(files.folder.base(files.set, facts.number), on: loop, access: .readOnly)
        sumsPath = files.folder.sums(files.set, facts.number)
        sums = try OwnedDescriptor.open(sumsPath, flags: O_RDONLY)
    }

    /// Bytes that can be read.
    var length: UInt64 { BaseFiles.imageLength(facts) }

    /// The sums of `count` blocks from a block on, into `target`.
    ///
    /// - Throws: `SystemError`; EIO when the file is shorter.
    func readSums(_ block: UInt64, _ count: Int, into target: inout [UInt32]) throws(SystemError) {
        if target.count < count { target = [UInt32](repeating: 0, count: count) }
        let read = try systemCall("read", sumsPath) {
            target.withUnsafeMutableBytes { pread(sums.raw, $0.baseAddress!, count * 4, off_t(block) * 4) }
        }
        guard read == count * 4 else {
            throw SystemError(operation: "read the sum of block \(block) from", subject: sumsPath, errno: EIO)
        }
    }
}
