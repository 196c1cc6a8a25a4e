import Glibc
import JournalCore
import Linux
import StreamProtocol

/// Finds what is damaged in one volume of the base, and writes whole bytes over it; from a thread that waits, that of
/// folding, so that nothing else changes the base meanwhile.
struct BaseRepair: Sendable {
    let volume: JournalVolume
    let files: BaseFiles

    private static let unitsPerBlock = UInt64(BaseFiles.block / StreamUnit.bytes)

    /// What is damaged in a range of blocks; neighbours are one finding of up to 1 MiB.
    ///
    /// - Parameter growsImage: an image that is too short is made long again, so that each block of it can be repaired.
    func damages(in blocks: Range<UInt64>, growsImage: Bool) -> [JournalFinding] {
        var damages: [JournalFinding] = []
        do throws(JournalFinding) {
            let reading = try reading(growsImage, &damages)
            var place = blocks.lowerBound * Self.unitsPerBlock
            while place < blocks.upperBound * Self.unitsPerBlock {
                do throws(JournalFinding) {
                    guard let range = try reading.next(from: place) else { break }
                    place += (range.units + Self.unitsPerBlock - 1) / Self.unitsPerBlock * Self.unitsPerBlock
                } catch {
                    Self.add(error, to: &damages)
                    place = error.address + max(error.units, Self.unitsPerBlock)
                }
            }
        } catch { damages.append(error) }
        return damages
    }

    private func reading(
        _ growsImage: Bool, _ damages: inout [JournalFinding]
    ) throws(JournalFinding) -> BaseReading {
        do throws(JournalFinding) { return try BaseReading(volume, files) } catch {
            // Sums that are gone cannot be known again: blocks without one would be taken for zeros.
            guard growsImage, error.file == files.folder.base(files.set, volume.number) else { throw error }
            do throws(SystemError) { try files.growImage(volume) } catch { throw finding("\(error)") }
            return try BaseReading(volume, files)
        }
    }

    private static func add(_ finding: JournalFinding, to damages: inout [JournalFinding]) {
        guard let last = damages.last, last.address + last.units == finding.address, last.cause == finding.cause,
            last.units + finding.units <= UInt64(FetchRequest.mostUnits)
        else { return damages.append(finding) }
        damages[damages.count - 1] = JournalFinding(
            .base, file: last.file, offset: last.offset, volume: last.volume, address: last.address,
            units: last.units + finding.units, cause: last.cause)
    }

    private func finding(_ cause: String) -> JournalFinding {
        JournalFinding(
            .base, file: files.folder.base(files.set, volume.number), offset: 0, volume: volume.number,
            units: volume.units, cause: cause)
    }

    /// Writes bytes over damaged blocks. They are right where they have the checksum that is known here; and where they
    /// are what the image has as well: then the checksum is what was damaged.
    ///
    /// - Parameter address: of a block, in units of 512 bytes.
    /// - Throws: `RepairFailure`; nothing was written then.
    func write(_ bytes: [UInt8], at address: UInt64) throws(RepairFailure) {
        let padding = (BaseFiles.block - bytes.count % BaseFiles.block) % BaseFiles.block
        let whole = bytes + [UInt8](repeating: 0, count: padding)
        let first = address / Self.unitsPerBlock
        let imagePath = files.folder.base(files.set, volume.number)
        let sumsPath = files.folder.sums(files.set, volume.number)
        do {
            let image = try OwnedDescriptor.open(imagePath, flags: O_RDWR)
            let sums = try OwnedDescriptor.open(sumsPath, flags: O_RDWR)
            let range = first * UInt64(BaseFiles.block)..<first * UInt64(BaseFiles.block) + UInt64(whole.count)
            let known = try sums.readRange(range.lowerBound / 1024..<range.upperBound / 1024, subject: sumsPath)
            let own = Self.content(image, range, imagePath)
            guard let right = Self.sums(of: whole, known: known, own: own) else { throw RepairFailure.different }
            try whole.withBytes { bytes throws(SystemError) in
                try image.write(bytes, at: range.lowerBound, subject: imagePath)
            }
            try systemCall("flush", imagePath) { fsync(image.raw) }
            guard right != known else { return }
            try right.withBytes { bytes throws(SystemError) in
                try sums.write(bytes, at: range.lowerBound / 1024, subject: sumsPath)
            }
            try systemCall("flush", sumsPath) { fsync(sums.raw) }
        } catch let failure as RepairFailure {
            throw failure
        } catch { throw .failed("\(error)") }
    }

    /// - Returns: nil where the disk cannot read: then writing is what may help.
    private static func content(
        _ image: borrowing OwnedDescriptor, _ range: Range<UInt64>, _ path: String
    ) -> [UInt8]? {
        do throws(SystemError) { return try image.readRange(range, subject: path) } catch { return nil }
    }

    /// The checksums of whole blocks as they must stand in the file; nil when a block is another one.
    private static func sums(of whole: [UInt8], known: [UInt8], own: [UInt8]?) -> [UInt8]? {
        var right = known
        for number in 0..<whole.count / BaseFiles.block {
            let range = number * BaseFiles.block..<(number + 1) * BaseFiles.block
            let sum = whole.withUnsafeBytes { BaseFiles.sum(UnsafeRawBufferPointer(rebasing: $0[range])) }
            let place = number * 4
            let isKnown = known.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) == sum }
            guard isKnown || own.map({ $0[range] == whole[range] }) ?? false else { return nil }
            right.withUnsafeMutableBytes { $0.storeBytes(of: sum, toByteOffset: place, as: UInt32.self) }
        }
        return right
    }
}

extension BaseFiles {
    /// Makes an image that is too short as long as its volume; what it gets is no volume's content until it is
    /// repaired, which its checksums say.
    ///
    /// - Throws: `SystemError`.
    func growImage(_ volume: JournalVolume) throws(SystemError) {
        let path = folder.base(set, volume.number)
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
        if try file.length(subject: path) < Self.imageLength(volume) {
            try systemCall("resize", path) { ftruncate(file.raw, off_t(Self.imageLength(volume))) }
        }
    }
}
