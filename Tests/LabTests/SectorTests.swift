import CaptureProtocol
import Foundation
import Primitives
import Testing

@testable import Lab

/// Disks with 4 KiB sectors, and sizes that fit no sector.
@Suite(.serialized, .enabled(if: MountedExportTests.hasPrograms && getuid() == 0, "needs nbdcopy and root"))
struct SectorTests {
    private static let size: UInt64 = 16 << 20

    /// The copies have the disk's sectors, a branch too; what is no whole sector is refused.
    @Test func aDiskOfLargeSectors() throws {
        try Self.withDisk(bytes: Self.size) { disk in
            let shape = ReplicatedDisk.Shape(size: Self.size, ring: 32, spool: 0, disk: disk, blockSize: 4096)
            try ReplicatedDisk.with(shape) { rig, source in
                var production = try Production(source)
                try production.write(mebibytes: 4)
                let client = try NBDClient(socket: source.socket, export: "disk")
                #expect(throws: LabError.self) { try client.write([UInt8](repeating: 7, count: 512), at: 0) }
                #expect(throws: LabError.self) { try client.read(at: 512, count: 4096) }
                #expect(try Self.smallest("disk", source.socket) == 4096)
                try ReplicatedDisk.expectEqual(rig, source, disk: disk, "with sectors of 4 KiB")
                for node in rig.nodes { try Self.tryBranch(node, block: UInt8(rig.nodes[0] === node ? 1 : 2)) }
                try ReplicatedDisk.expectEqual(rig, source, disk: disk, "beside branches")
            }
        }
    }

    @Test func aDiskProtectedWithOtherSectorsIsRefused() throws {
        try Self.withDisk(bytes: Self.size) { disk in
            try Self.expectRefusal(disk: disk, has: 4096, protected: 512)
        }
        try Self.expectRefusal(disk: nil, has: 512, protected: 4096)
    }

    /// It is served all the same: nothing of the stream concerns production.
    private static func expectRefusal(disk: String?, has own: Int, protected other: Int) throws {
        let shape = ReplicatedDisk.Shape(size: size, ring: 32, spool: 0, disk: disk, blockSize: other)
        try ReplicatedDisk.withStarted(shape) { rig, source in
            let sentence = "volume 0 ('disk') has blocks of \(own) bytes and was protected with blocks of \(other)"
            try Condition.hold("the refusal", within: .seconds(20)) { () throws(LabError) in
                try source.status().trouble?.contains(sentence) == true
            }
            var production = try Production(source)
            try production.write(mebibytes: 1)
            #expect(try rig.nodes[0].status(ReplicatedDisk.machine).sequence == 0)
        }
    }

    @Test(arguments: [(1 << 20) + 100, (1 << 20) + 511])
    func anImageThatFitsNoSectorIsNamed(_ bytes: UInt64) throws {
        // The nodes are told what would fit.
        let image = "/var/tmp/keelson-odd-\(getpid())"
        try Command.run(["truncate", "--size", "\(bytes)", image])
        defer { #expect(throws: Never.self) { try Command.run(["rm", image]) } }
        let shape = ReplicatedDisk.Shape(size: 1 << 20, ring: 32, spool: 0, disk: image)
        try ReplicatedDisk.withStarted(shape) { _, source in
            try source.untilEnded(
                saying: "cannot use \(image): its \(bytes) bytes are no multiple of its block size")
        }
    }

    @Test func aDiskThatFitsNoLargeSectorIsNamed() throws {
        try Self.withDisk(bytes: (1 << 20) + 512) { disk in
            let shape = ReplicatedDisk.Shape(size: 1 << 20, ring: 32, spool: 0, disk: disk, blockSize: 4096)
            try ReplicatedDisk.withStarted(shape) { _, source in
                try source.untilEnded(saying: "cannot use \(disk): its 1049088 bytes are no multiple of its block size")
            }
        }
    }

    /// Writes to a branch of the newest point, and reads it back.
    private static func tryBranch(_ node: CaptureProcess, block: UInt8) throws {
        guard case .exports(let places) = try node.ask(.export(ReplicatedDisk.machine, .newest, isWritable: true)),
            let place = places.first
        else { throw LabError("A node opens no branch.") }
        #expect(try smallest("\(place.name)/0", place.socket) == 4096)
        let branch = try NBDClient(socket: place.socket, export: "\(place.name)/0")
        #expect(branch.size == size)
        let bytes = [UInt8](repeating: block, count: 4096)
        try branch.write(bytes, at: 8192)
        try branch.flush()
        #expect(try branch.read(at: 8192, count: 4096) == bytes)
        #expect(throws: LabError.self) { try branch.write([UInt8](repeating: 7, count: 512), at: 0) }
        #expect(try node.ask(.withdraw(export: place.name)) == .done)
    }

    /// Bytes of the smallest request that an export allows, as a foreign client hears it.
    private static func smallest(_ export: String, _ socket: String) throws -> Int? {
        struct Answer: Decodable {
            struct Export: Decodable {
                let size: Int
                enum CodingKeys: String, CodingKey { case size = "block_size_minimum" }
            }
            let exports: [Export]
        }
        let name = export.replacingOccurrences(of: "/", with: "%2F")
        let text = try Command.run(["nbdinfo", "--json", "nbd+unix:///\(name)?socket=\(socket)"])
        return try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).exports.first?.size
    }

    /// A loop device with sectors of 4 KiB while the body runs.
    private static func withDisk(bytes: UInt64, _ body: (String) throws -> Void) throws {
        let image = "/var/tmp/keelson-sectors-\(getpid())"
        try Command.run(["truncate", "--size", "\(bytes)", image])
        defer { #expect(throws: Never.self) { try Command.run(["rm", image]) } }
        let disk = try Command.run(["losetup", "--sector-size", "4096", "--find", "--show", image])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        defer { #expect(throws: Never.self) { try Command.run(["losetup", "--detach", disk]) } }
        try body(disk)
    }
}
