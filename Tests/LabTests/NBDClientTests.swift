import Glibc
import Lab
import Primitives
import Testing

/// The lab's client against a server that is not ours.
@Suite struct NBDClientTests {
    @Test(.enabled(if: access("/usr/bin/qemu-nbd", X_OK) == 0, "needs qemu-nbd (packages.replication)"))
    func readsBackWhatItWrote() throws {
        let folder = "/tmp/keelson-nbd-client-\(getpid())"
        try Command.run(["mkdir", folder])
        defer { #expect(throws: Never.self) { try Command.run(["rm", "-r", folder]) } }
        try Command.run(["truncate", "--size", "1M", "\(folder)/disk"])
        let server = try ChildProcess.start(
            ["qemu-nbd", "--socket", "\(folder)/socket", "--format", "raw", "--export-name", "disk", "\(folder)/disk"],
            output: .file("\(folder)/output"))
        defer { server.killAndCollect() }
        let client = try Condition.wait(for: "qemu-nbd", within: .seconds(10)) { () throws(LabError) in
            try NBDClient(socket: "\(folder)/socket", export: "disk")
        }
        #expect(client.size == 1_048_576)
        let block = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try client.write(block, at: 8192)
        try client.flush()
        #expect(try client.read(at: 8192, count: 4096) == block)
        #expect(try client.read(at: 0, count: 512) == [UInt8](repeating: 0, count: 512))
        #expect(throws: LabError.self) { try client.read(at: 1_048_576, count: 512) }
    }
}
