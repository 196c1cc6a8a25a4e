import CaptureProtocol
import Foundation
import Primitives
import StreamProtocol
import Testing

@testable import Lab

/// A file system on a replicated disk: whatever point is opened is what a power cut at that moment would have left.
/// `KEELSON_POINTS` says how many points are opened (6; `make soak` opens more).
@Suite(.serialized, .enabled(if: MountedExportTests.hasPrograms, "needs nbdfuse (packages.replication)"))
struct CrashConsistencyTests {
    static let count = ProcessInfo.processInfo.environment["KEELSON_POINTS"].flatMap { Int($0) } ?? 6

    /// Every commit that was acknowledged before the point is there, and nothing is damaged.
    @Test func postgresRecoversFromEveryPoint() throws {
        guard try PostgresServer.installation() != nil else { return }
        try ReplicatedDisk.with { rig, source in
            let disk = try MountedExport(
                socket: source.socket, export: "disk", folder: "\(rig.folder)/mounted", format: true)
            let postgres = try PostgresServer(folder: disk.path)
            try postgres.create()
            let created = Self.now
            var ledger: [(number: Int, acknowledged: UInt64)] = []
            for number in 1...40 {
                try postgres.commit(number)
                ledger.append((number, Self.now))
            }
            try postgres.stop()
            try disk.close()
            try source.untilLevel(nodes: 2, within: .seconds(60))
            for (index, point) in try Self.chosen(rig, after: created).enumerated() {
                let before = ledger.filter { $0.acknowledged < point.time }.map(\.number)
                try Self.withBranch(point, on: rig.nodes[index % 2]) { branch in
                    let numbers = try Self.recovered(branch, folder: "\(rig.folder)/branch")
                    #expect(numbers == Array(1..<numbers.count + 1))
                    #expect(numbers.count >= before.count, "a commit acknowledged before \(point) is missing")
                }
            }
        }
    }

    @Test func ext4IsWholeAtEveryBarrier() throws {
        try ReplicatedDisk.with { rig, source in
            let disk = try MountedExport(
                socket: source.socket, export: "disk", folder: "\(rig.folder)/mounted", format: true)
            let made = Self.now
            for number in 0..<30 {
                let folder = "\(disk.path)/\(number % 7)"
                try Command.run(["mkdir", "-p", folder])
                try Command.run(["dd", "if=/dev/urandom", "of=\(folder)/\(number)", "bs=64k", "count=9", "conv=fsync"])
                if number % 3 == 2 { try Command.run(["rm", "\(disk.path)/\((number - 2) % 7)/\(number - 2)"]) }
                if number % 5 == 4 { try Command.run(["sync", "--file-system", disk.path]) }
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
                    try Command.run(["rm", copy])
                }
            }
        }
    }

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
        #expect(behind.count > 30)
        var random = SeededRandom(seed: 8)
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
