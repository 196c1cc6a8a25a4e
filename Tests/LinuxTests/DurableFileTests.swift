import Glibc
import Linux
import Testing

/// A folder of its own, removed with everything in it.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/keelson-test-XXXXXX\0".utf8CString)
        try #require(template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) } != nil)
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        do {
            for name in try entries() { unlink(path + "/" + name) }
        } catch {
            Issue.record("\(path) stays behind: \(error)")
        }
        rmdir(path)
    }

    func entries() throws -> [String] {
        let folder = try #require(opendir(path))
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

@Suite struct DurableFileTests {
    @Test func replacesWholeAndLeavesNothingBeside() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/epoch"
        #expect(try DurableFile.read(path) == nil)
        try DurableFile.replace(path, with: Array("1.5\n".utf8), mode: 0o644)
        try DurableFile.replace(path, with: Array("1.6\n".utf8), mode: 0o600)
        #expect(try DurableFile.read(path) == Array("1.6\n".utf8))
        #expect(try scratch.entries() == ["epoch"])
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        try DurableFile.remove(path)
        try DurableFile.remove(path)
        #expect(try scratch.entries() == [])
    }

    @Test func folderThatIsMissingIsNamed() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/missing/file"
        #expect(throws: SystemError(operation: "open", subject: path + ".new", errno: ENOENT)) {
            try DurableFile.replace(path, with: [1], mode: 0o600)
        }
    }

    /// /dev/full is a disk without space.
    @Test func fullDiskIsAnError() throws {
        let device = try OwnedDescriptor.open("/dev/full", flags: O_WRONLY)
        #expect(throws: SystemError(operation: "write", subject: "/dev/full", errno: ENOSPC)) {
            try device.write([1, 2, 3], subject: "/dev/full")
        }
    }

    @Test func tooLongFileIsRefused() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/long"
        try DurableFile.replace(path, with: [UInt8](repeating: 1, count: 100), mode: 0o600)
        #expect(throws: SystemError(operation: "read", subject: path, errno: EFBIG)) {
            try DurableFile.read(path, limit: 99)
        }
        #expect(try DurableFile.read(path, limit: 100)?.count == 100)
    }

    @Test func errorIsASentence() {
        let error = SystemError(operation: "open", subject: "/etc/keelson.toml", errno: ENOENT)
        #expect("\(error)" == "cannot open /etc/keelson.toml: No such file or directory (errno 2)")
    }
}
