import Foundation
import Primitives
import Testing

@testable import Lab

/// A spool on a small file system of its own.
@Suite(.serialized, .enabled(if: MountedExportTests.hasPrograms && getuid() == 0, "needs nbdcopy and root"))
struct SpoolDiskTests {
    /// The spool has its room from the start, so it is full when it is full, whatever else is on its disk; then ranges
    /// are marked, and production does not notice.
    @Test func aFullSpoolOnAFullDisk() throws {
        try Self.withFileSystem(mebibytes: 64) { mount in
            let wires = try [WireProxy(node: 0), WireProxy(node: 1)]
            defer { for wire in wires { wire.end() } }
            let shape = ReplicatedDisk.Shape(
                size: 128 << 20, ring: 32, spool: 40, spoolPath: "\(mount)/spool", wires: wires)
            try ReplicatedDisk.with(shape) { rig, source in
                let filled = try Command.attempt(["cp", "/dev/zero", "\(mount)/filler"])
                #expect(filled.text.contains("No space left"))
                var production = try Production(source)
                for wire in wires { wire.limit(256 << 10) }
                try production.write(mebibytes: 36)
                try source.until(state: "spool")
                try production.write(mebibytes: 80)
                try source.until(state: "bitmap")
                for wire in wires { wire.heal() }
                try ReplicatedDisk.expectEqual(rig, source, "after a full spool")
                #expect(production.slowest < Production.patience)
            }
        }
    }

    @Test func aSpoolWithoutRoomIsNamed() throws {
        try Self.withFileSystem(mebibytes: 16) { mount in
            let shape = ReplicatedDisk.Shape(size: 16 << 20, ring: 32, spool: 64, spoolPath: "\(mount)/spool")
            try ReplicatedDisk.withStarted(shape) { _, source in
                try source.untilEnded(saying: "cannot reserve space for \(mount)/spool: No space left on device")
            }
        }
    }

    /// An ext4 in a file, mounted while the body runs.
    private static func withFileSystem(mebibytes: Int, _ body: (String) throws -> Void) throws {
        let folder = "/var/tmp/keelson-spool-\(getpid())"
        let (image, mount) = ("\(folder)/ext4", "\(folder)/mounted")
        try Command.run(["mkdir", "-p", mount])
        defer { #expect(throws: Never.self) { try Command.run(["rm", "-r", "--one-file-system", folder]) } }
        try Command.run(["truncate", "--size", "\(mebibytes)M", image])
        try Command.run(["mkfs.ext4", "-q", "-m", "0", image])
        try Command.run(["mount", "-o", "loop", image, mount])
        defer { #expect(throws: Never.self) { try Command.run(["umount", mount]) } }
        try body(mount)
    }
}

extension SourceProcess {
    /// Waits for its end by itself.
    func untilEnded(saying sentence: String) throws {
        let status = ended(within: .seconds(20))
        #expect(status != nil && status != 0, "it runs, or ended as if all were well")
        let said = try String(contentsOfFile: log, encoding: .utf8)
        #expect(said.contains(sentence), "it said: \(said)")
    }
}
