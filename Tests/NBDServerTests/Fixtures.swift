import BlockIO
import Foundation
import Glibc
import Linux
import NBDProtocol
import NBDServer
import Primitives
import Synchronization
import Testing

/// A program that is not ours.
enum Foreign {
    static func has(_ program: String) -> Bool { access("/usr/bin/\(program)", X_OK) == 0 }

    struct Answer {
        let code: Int32
        /// Standard output and standard error.
        let text: String
    }

    static func run(_ program: String, _ arguments: [String]) throws -> Answer {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
        process.arguments = arguments
        // Debian's own Python has the module that nbdsh needs.
        process.environment = ["PATH": "/usr/bin:/bin"]
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Answer(code: process.terminationStatus, text: String(decoding: data, as: UTF8.self))
    }
}

/// A server in this process with one file, in a folder of its own that goes with it.
final class Server: NBDCatalogue {
    let folder: String
    let loops: [BlockLoop]
    let isReadOnly: Bool
    private let reports = Mutex<[NBDServer.Report]>([])

    var lastReport: NBDServer.Report? { reports.withLock { $0.last } }

    var file: String { folder + "/disk" }
    var socket: String { folder + "/socket" }
    var uri: String { "nbd+unix:///disk?socket=\(socket)" }

    private init(size: UInt64, isReadOnly: Bool, loops count: Int) throws {
        var template = Array("/var/tmp/keelson-nbd-XXXXXX\0".utf8CString)
        try #require(template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) } != nil)
        folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.isReadOnly = isReadOnly
        loops = try (0..<count).map { try BlockLoop("nbd-\($0)") }
        try BlockFile.create(file, size: size)
    }

    /// Gives the body a server that listens at `socket`, and the server itself; afterwards all of it is gone.
    static func with(
        size: UInt64 = 16 << 20, isReadOnly: Bool = false, loops: Int = 2, tls: NBDTLS? = nil,
        limits: NBDServer.Limits = NBDServer.Limits(), _ body: (Server, NBDServer) async throws -> Void
    ) async throws {
        let fixture = try Server(size: size, isReadOnly: isReadOnly, loops: loops)
        let server = NBDServer(fixture, on: fixture.loops, tls: tls, limits: limits) { report in
            fixture.reports.withLock { $0.append(report) }
        }
        try server.listen(unix: fixture.socket)
        var failure: (any Error)?
        do { try await body(fixture, server) } catch { failure = error }
        await server.stop()
        for loop in fixture.loops { loop.stop() }
        try FileManager.default.removeItem(atPath: fixture.folder)
        if let failure { throw failure }
    }

    func list(_ answer: @escaping @Sendable ([NBDHandshake.Listed]) -> Void) {
        answer([NBDHandshake.Listed(name: "disk", description: "a disk"), NBDHandshake.Listed(name: "dirty")])
    }

    func open(
        _ name: String, on loop: BlockLoop, _ answer: @escaping @Sendable (Result<NBDExport, NBDRefusal>) -> Void
    ) {
        guard name == "disk" || name == "dirty" else {
            return answer(.failure(NBDRefusal(.unknown("there is no export '\(name)'"))))
        }
        do throws(BlockFileError) {
            let device = try BlockFile(file, on: loop, access: isReadOnly ? .readOnly : .readWrite)
            var export = NBDExport(device, description: "a disk", allowsConnections: true)
            if name == "dirty" { export.dirty = Self.everyOtherMegabyte }
            answer(.success(export))
        } catch {
            answer(.failure(NBDRefusal(.forbidden("\(error)"))))
        }
    }

    private static func everyOtherMegabyte(_ offset: UInt64, _ length: UInt64) -> [NBDExport.DirtyRange] {
        var ranges: [NBDExport.DirtyRange] = []
        var at = offset
        while at < offset + length {
            let end = min(offset + length, (at >> 20 + 1) << 20)
            ranges.append(NBDExport.DirtyRange(length: end - at, isDirty: (at >> 20) % 2 == 1))
            at = end
        }
        return ranges
    }
}
