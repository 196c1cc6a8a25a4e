import Glibc
import Linux
import StreamProtocol

/// The files of one machine's journal.
struct JournalFolder: Sendable {
    let path: String

    var state: String { path + "/state" }
    var released: String { path + "/released" }
    var kept: String { path + "/kept" }
    var reserve: String { path + "/reserve" }

    func segment(_ number: UInt32) -> String { path + "/segment-" + Self.padded(number) }

    func index(_ segments: ClosedRange<UInt32>) -> String {
        path + "/index-" + Self.padded(segments.lowerBound) + "-" + Self.padded(segments.upperBound)
    }

    func base(_ set: UInt32, _ volume: VolumeNumber) -> String { "\(path)/base-\(set)-\(volume.number).img" }
    func sums(_ set: UInt32, _ volume: VolumeNumber) -> String { "\(path)/base-\(set)-\(volume.number).sums" }

    func keptBlocks(_ ordinal: UInt64, _ volume: VolumeNumber) -> String {
        "\(path)/kept-\(ordinal)-\(volume.number).img"
    }
    func keptSums(_ ordinal: UInt64, _ volume: VolumeNumber) -> String {
        "\(path)/kept-\(ordinal)-\(volume.number).sums"
    }

    private static func padded(_ number: UInt32) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 8 - text.count)) + text
    }

    /// What a name in the folder is.
    enum Item: Hashable {
        case segment(UInt32)
        case index(ClosedRange<UInt32>)
        case base(set: UInt32)
        case kept(ordinal: UInt64)
        case other
    }

    static func item(_ name: String) -> Item {
        let parts = name.split(separator: ".")[0].split(separator: "-")
        switch (parts.first, parts.count) {
        case ("segment", 2):
            if let number = UInt32(parts[1]), !name.contains(".") { return .segment(number) }
        case ("index", 3):
            if let low = UInt32(parts[1]), let high = UInt32(parts[2]), low <= high, !name.contains(".") {
                return .index(low...high)
            }
        case ("base", 3): if let set = UInt32(parts[1]) { return .base(set: set) }
        case ("kept", 3): if let ordinal = UInt64(parts[1]) { return .kept(ordinal: ordinal) }
        default: break
        }
        return .other
    }

    /// - Throws: `SystemError` that names the folder.
    func names() throws(SystemError) -> [String] {
        guard let folder = opendir(path) else {
            throw SystemError(operation: "list", subject: path, errno: errno)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes new and removed names last.
    ///
    /// - Throws: `SystemError`.
    func flush() throws(SystemError) {
        let descriptor = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
        try systemCall("flush the folder", path) { fsync(descriptor.raw) }
    }

    /// Removes a file that nobody needs; one that is not there is removed already.
    ///
    /// - Throws: `SystemError`.
    static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try systemCall("remove", path) { unlink(path) }
        } catch {
            if error.errno != ENOENT { throw error }
        }
    }
}

extension OwnedDescriptor {
    /// Reads a range of a file as a whole.
    ///
    /// - Throws: `SystemError`; EIO when the file ends earlier.
    func readRange(_ range: Range<UInt64>, subject: @autoclosure () -> String) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var done = 0
        while done < bytes.count {
            let count = try systemCall("read", subject()) {
                bytes.withUnsafeMutableBytes {
                    pread(raw, $0.baseAddress! + done, $0.count - done, off_t(range.lowerBound) + off_t(done))
                }
            }
            guard count > 0 else {
                throw SystemError(
                    operation: "read up to byte \(range.upperBound) of", subject: subject(), errno: EIO)
            }
            done += count
        }
        return bytes
    }

    /// Writes bytes at a place.
    ///
    /// - Throws: `SystemError`.
    func write(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64, subject: @autoclosure () -> String
    ) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try systemCall("write", subject()) {
                pwrite(raw, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            }
        }
    }

    /// Bytes of the file.
    ///
    /// - Throws: `SystemError`.
    func length(subject: @autoclosure () -> String) throws(SystemError) -> UInt64 {
        var facts = stat()
        try systemCall("look at", subject()) { fstat(raw, &facts) }
        return UInt64(facts.st_size)
    }
}
