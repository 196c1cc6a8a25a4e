import Foundation
import Primitives
import StreamProtocol

@testable import Lab

/// A disk of 256 MiB behind a tap, with receiver and second node, all of them real daemons.
enum ReplicatedDisk {
    static let machine = MachineID(high: 6, low: 1)
    static let size: UInt64 = 256 << 20

    /// A number from the environment.
    static func setting(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
    }

    static func image(_ rig: ReplicationRig) -> String { "\(rig.folder)/disk.img" }

    /// Level with both nodes when the body begins; nothing is left afterwards.
    static func with(window: UInt64? = nil, _ body: (ReplicationRig, SourceProcess) throws -> Void) throws {
        let rig = try ReplicationRig(folder: "/var/tmp/keelson-disk-\(getpid())", nodes: 2)
        defer { rig.end() }
        try Command.run(["truncate", "--size", "\(size)", image(rig)])
        try rig.assign([machine], size: size, window: window)
        let source = try rig.source(machine, image: image(rig), size: size)
        try source.start()
        defer { source.stop() }
        try source.untilLevel(nodes: 2, within: .seconds(60))
        try body(rig, source)
    }
}
