import BundleCore
import Compression
import Foundation
import Testing

/// What the system's own tar and gzip make of ours.
@Suite struct ArchiveTests {
    private func unpack(_ bytes: [UInt8], _ option: String) throws -> (folder: URL, list: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "archive.tar")
        try Data(bytes).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/tar")
        process.arguments = [option, file.path, "-C", folder.path, "--full-time", "--utc", "--numeric-owner"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let list = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return (folder, list)
    }

    @Test func tarReadsIt() throws {
        var archive = TarArchive()
        let long = String(repeating: "n", count: 98) + "/f"
        let large = [UInt8](repeating: 65, count: 1_000_000)
        archive.add("a/empty", [], modified: 0)
        archive.add("a/block", [UInt8](repeating: 66, count: 512), modified: 1_700_000_000)
        archive.add(long, large, modified: 1_700_000_000)
        archive.finish()
        let (folder, list) = try unpack(archive.bytes, "-xvvf")
        #expect(list.contains("-rw------- 0/0") && list.contains("512 2023-11-14 22:13:20 a/block"))
        #expect(try Data(contentsOf: folder.appending(path: "a/empty")).isEmpty)
        #expect(try Data(contentsOf: folder.appending(path: "a/block")) == Data(repeating: 66, count: 512))
        #expect(try Data(contentsOf: folder.appending(path: long)) == Data(large))
        try FileManager.default.removeItem(at: folder)
    }

    @Test(arguments: [0, 1, 511, 70_000]) func gzipReadsIt(size: Int) throws {
        var archive = TarArchive()
        archive.add("f", (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }, modified: 0)
        archive.finish()
        let (folder, _) = try unpack(try Gzip.compress(archive.bytes), "-xzf")
        #expect(try Data(contentsOf: folder.appending(path: "f")).count == size)
        try FileManager.default.removeItem(at: folder)
    }
}
