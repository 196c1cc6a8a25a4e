import CaptureProtocol
import Foundation
import Primitives
import StreamProtocol
import Testing

@testable import Lab

/// A file system on a replicated disk: whatever point is opened is what a power cut at that moment would have left.
/// `KEELSON_POINTS` says how many points are opened (6; `make soak` opens more), `KEELSON_SEED` which.
@Suite(.serialized, .enabled(if: MountedExportTests.hasPrograms, "needs nbdfuse (packages.replication)"))
struct CrashConsistencyTests {
    static let count = ReplicatedDisk.setting("KEELSON_POINTS", 6)

    /// Something that a client did, and when, in nanoseconds since 1970.
    private struct Deed {
        let number: Int
        let began: UInt64
        /// It was acknowledged.
        let ended: UInt64
    }

    /// Every commit that was acknowledged before the point is there, none that began behind it, and nothing is damaged.
    @Test(MountedExportTests.hasPostgres) func postgresRecoversFromEveryPoint() throws {
        try ReplicatedDisk.with { rig, source in
            let disk = try MountedExport(
                socket: source.socket, export: "disk", folder: "\(rig.folder)/mounted", format: true)
            let postgres = try PostgresServer(folder: disk.path)
            try postgres.create()
            let created = Self.now
            let ledger = try (1...max(40, Self.count)).map { number in
                let began = Self.now
                try postgres.commit(number)
                return Deed(number: number, began: began, ended: Self.now)
            }
            try postgres.stop()
            try disk.close()
            try source.untilLevel(nodes: 2, within: .seconds(60))
            for (index, point) in try Self.chosen(rig, after: created).enumerated() {
                let acknowledged = ledger.filter { $0.ended < point.time }.count
                let begun = ledger.filter { $0.began <= point.time }.count
                try Self.withBranch(point, on: rig.nodes[index % 2]) { branch in
                    let numbers = try Self.recovered(branch, folder: "\(rig.folder)/branch")
                    #expect(numbers == Array(1..<numbers.count + 1))
                    #expect(numbers.count >= acknowledged, "a commit acknowledged before \(point) is missing")
                    #expect(numbers.count <= begun, "a commit of later is in \(point)")
                }
            }
        }
    }

    /// Every file that was flushed before the point is there as it was written, none that was made behind it, and the
    /// file system is whole.
    @Test func ext4IsWholeAtEveryBarrier() throws {
        try ReplicatedDisk.with { rig, source in
            let disk = try MountedExport(
                socket: source.socket, export: "disk", folder: "\(rig.folder)/mounted", format: true)
            let made = Self.now
            var contents: [Int: Substring] = [:]
            let ledger = try (0..<max(30, Self.count)).map { number in
                let began = Self.now
                contents[number] = try Self.write(number, in: disk.path)
                return Deed(number: number, began: began, ended: Self.now)
            }
            try disk.close()
            try source.untilLevel(nodes: 2, within: .seconds(60))
            for (index, point) in try Self.chosen(rig, after: made).enumerated() {
                try Self.withBranch(point, on: rig.nodes[index % 2]) { branch in
                    let uri = "nbd+unix:///\(branch.name)%2F0?socket=\(branch.socket)"
                    let copy = "\(rig.folder)/point.img"
                    try Command.run(["nbdcopy", uri, copy], within: .seconds(60))
                    // Replays the file system's journal as a mount would, and then finds nothing to mend.
                    try Command.run(["e2fsck", "-E", "journal_only", "-p", copy], within: .seconds(60))
                    let check = try Command.attempt(["e2fsck", "-fn", copy], within: .seconds(60))
                    #expect(check.code == 0, "\(point): \(check.text)")
                    for deed in ledger where deed.number % 3 != 0 {
                        let found = try Self.content(of: deed.number, on: copy)
                        if deed.ended < point.time { #expect(found == contents[deed.number], "\(deed) in \(point)") }
                        if deed.began > point.time { #expect(found == Self.nothing, "\(deed) in \(point)") }
                    }
                    try Command.run(["rm", copy])
                }
            }
        }
    }

    /// A file in one of seven folders; every third one goes away again.
    ///
    /// - Returns: SHA-256 of what is in it.
    private static func write(_ number: Int, in mount: String) throws -> Substring {
        let folder = "\(mount)/\(number % 7)"
        try Command.run(["mkdir", "-p", folder])
        try Command.run(["dd", "if=/dev/urandom", "of=\(folder)/\(number)", "bs=64k", "count=9", "conv=fsync"])
        if number % 3 == 2 { try Command.run(["rm", "\(mount)/\((number - 2) % 7)/\(number - 2)"]) }
        return try Command.run(["sha256sum", "\(folder)/\(number)"]).prefix(64)
    }

    /// SHA-256 of a file in an image that is not mounted; that of nothing when it is not there.
    private static func content(of number: Int, on image: String) throws -> Substring {
        let read = "debugfs -R 'cat /\(number % 7)/\(number)' '\(image)' 2>/dev/null | sha256sum"
        return try Command.run(["sh", "-c", read]).prefix(64)
    }

    private static let nothing: Substring = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// Starts PostgreSQL on a branch and lets it check itself.
    ///
    /// - Returns: the numbers in its ledger.
    private static func recovered(_ branch: ExportPlace, folder: String) throws -> [Int] {
        let mounted = try MountedExport(
            socket: branch.socket, export: "\(branch.name)/0", folder: folder, format: false)
        defer { #expect(throws: Never.self) { try mounted.close() } }
        let postgres = try PostgresServer(folder: mounted.path)
        try postgres.recover()
        defer { #expect(throws: Never.self) { try postgres.stop() } }
        let numbers = try postgres.numbers()
        try postgres.check()
        return numbers
    }

    // MARK: The disk and its points

    /// Some of the points behind a moment, at random but the same in every run.
    private static func chosen(_ rig: ReplicationRig, after moment: UInt64) throws -> [JournalPoint] {
        guard case .points(let all) = try rig.nodes[0].ask(.points(ReplicatedDisk.machine, before: .max, limit: 10_000))
        else {
            throw LabError("The receiver has no points.")
        }
        let behind = all.filter { $0.time > moment }
        #expect(behind.count > 30 && behind.count >= count, "fewer points than are to be opened")
        var random = SeededRandom(seed: UInt64(ReplicatedDisk.setting("KEELSON_SEED", 1)))
        return Array(behind.shuffled(using: &random).prefix(count))
    }

    private static func withBranch(
        _ point: JournalPoint, on node: CaptureProcess, _ body: (ExportPlace) throws -> Void
    ) throws {
        let choice = PointChoice.position(point.generation, sequence: point.sequence)
        guard case .exports(let places) = try node.ask(.export(ReplicatedDisk.machine, choice, isWritable: true)),
            let place = places.first
        else { throw LabError("A node does not open \(point).") }
        try body(place)
        #expect(try node.ask(.withdraw(export: place.name)) == .done)
    }

    /// Nanoseconds since 1970.
    private static var now: UInt64 { UInt64(Date().timeIntervalSince1970 * 1e9) }
}
