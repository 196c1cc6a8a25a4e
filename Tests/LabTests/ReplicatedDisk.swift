import CaptureProtocol
import Foundation
import Primitives
import StreamProtocol
import Testing

@testable import Lab

/// A disk behind a tap, with receiver and second node, all of them real daemons.
enum ReplicatedDisk {
    static let machine = MachineID(high: 6, low: 1)

    /// What the source has, and what lies between it and the nodes.
    struct Shape {
        /// Bytes of the disk.
        var size: UInt64 = 256 << 20
        /// MiB.
        var ring = 256
        /// MiB; 0 for none.
        var spool = 1024
        /// Nil: beside what the source remembers.
        var spoolPath: String?
        /// A disk that is there; nil for an image of zeros.
        var disk: String?
        /// As the nodes are told.
        var blockSize = 512
        /// Seconds of which every point is kept; nil: as long as anybody would.
        var window: UInt64?
        /// To the receiver and to the second node; empty: none.
        var wires: [WireProxy] = []
    }

    /// A number from the environment.
    static func setting(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
    }

    static func image(_ rig: ReplicationRig) -> String { "\(rig.folder)/disk.img" }

    /// Level with both nodes when the body begins; nothing is left afterwards.
    static func with(
        _ shape: Shape = Shape(), _ body: (ReplicationRig, SourceProcess) throws -> Void
    ) throws {
        try withStarted(shape) { rig, source in
            try source.untilLevel(nodes: 2, within: .seconds(60))
            try body(rig, source)
        }
    }

    /// The source has only just been started when the body begins.
    static func withStarted(
        _ shape: Shape, _ body: (ReplicationRig, SourceProcess) throws -> Void
    ) throws {
        let rig = try ReplicationRig(folder: "/var/tmp/keelson-disk-\(getpid())", nodes: 2)
        defer { rig.end() }
        if shape.disk == nil { try Command.run(["truncate", "--size", "\(shape.size)", image(rig)]) }
        try rig.assign([machine], size: shape.size, blockSize: shape.blockSize, window: shape.window)
        let source = try rig.source(
            machine, image: shape.disk ?? image(rig), size: shape.size, ring: shape.ring, spool: shape.spool,
            spoolPath: shape.spoolPath, wires: shape.wires.map(\.address))
        try source.start()
        defer { source.stop() }
        try body(rig, source)
    }

    /// Waits until everything is on both nodes: then the newest point of each is what the disk has.
    ///
    /// - Parameter disk: nil: the image.
    static func expectEqual(
        _ rig: ReplicationRig, _ source: SourceProcess, disk: String? = nil, _ comment: Comment
    ) throws {
        try source.untilLevel(nodes: 2, within: .seconds(60))
        // The newest point is the last barrier: behind it nothing may be left.
        try NBDClient(socket: source.socket, export: "disk").flush()
        try source.untilLevel(nodes: 2, within: .seconds(60))
        let content = try Command.run(["sha256sum", disk ?? image(rig)]).prefix(64)
        for node in rig.nodes {
            #expect(try newest(on: node, rig.folder) == content, comment)
        }
    }

    /// SHA-256 of the newest point of a node.
    private static func newest(on node: CaptureProcess, _ folder: String) throws -> Substring {
        guard case .exports(let places) = try node.ask(.export(machine, .newest, isWritable: false)),
            let place = places.first
        else { throw LabError("A node does not open its newest point.") }
        let copy = "\(folder)/newest.img"
        try Command.run(
            ["nbdcopy", "nbd+unix:///\(place.name)%2F0?socket=\(place.socket)", copy], within: .seconds(60))
        #expect(try node.ask(.withdraw(export: place.name)) == .done)
        return try Command.run(["sha256sum", copy]).prefix(64)
    }
}
