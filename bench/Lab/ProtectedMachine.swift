import APIProtocol
import CaptureProtocol
import Foundation
import Glibc
import Primitives
import StreamProtocol

/// A machine that the lab's cluster protects: a namespace of its own, a disk image, and the source's program, whose
/// NBD export is the machine's disk.
public final class ProtectedMachine {
    public let name: String
    /// Bytes of its one disk.
    public let size: UInt64
    private let index: Int
    private let cluster: KeelsonCluster
    private var source: ChildProcess?
    private var id: MachineID?

    private var lab: Lab { cluster.lab }
    private var space: String { lab.network.machine(index) }
    private var directory: String { "\(lab.directory)/\(name)" }
    private var configuration: String { "\(directory)/keelson-source.toml" }
    /// The disk's image: what the machine has.
    public var image: String { "\(directory)/disk.img" }
    /// The socket of its NBD export, named `disk`.
    public var socket: String { "\(directory)/nbd.sock" }
    public static let export = "disk"

    /// Makes the machine and its empty disk, switched off and not protected.
    public init(cluster: KeelsonCluster, name: String, mebibytes: Int, index: Int = 1) throws(LabError) {
        self.cluster = cluster
        self.name = name
        self.index = index
        size = UInt64(mebibytes) << 20
        try lab.network.plugIn(machine: index)
        try Command.run(["mkdir", "-p", directory])
        try Command.run(["truncate", "--size", "\(mebibytes)M", image])
    }

    /// Tells the cluster of the machine, enrols its source and starts it.
    public func protect() throws(LabError) {
        let text = try cluster.master().keelson([
            "protect", name, "--volume", "\(Self.export)=\(size >> 20)M", "-o", "json",
        ])
        let answer = try Self.decode(ProtectAnswer.self, text)
        id = answer.machine.id
        try writeConfiguration(answer)
        try run(["enrol", answer.enrolment.token, "--config", configuration])
        try start()
    }

    /// Starts the source and waits until it serves the disk.
    public func start() throws(LabError) {
        source = try ChildProcess.start(
            ["ip", "netns", "exec", space, lab.program("keelson-source"), "run", "--config", configuration],
            environment: lab.environment, output: .file("\(directory)/source.log"))
        try Condition.hold("the disk of \(name)", within: .seconds(20)) { () throws(LabError) in
            _ = try NBDClient(socket: socket, export: Self.export)
            return true
        }
    }

    /// SIGKILL: the machine's power is cut.
    public func cutPower() {
        source?.killAndCollect()
        source = nil
    }

    /// Ends the source as a clean shutdown does.
    public func shutDown() throws(LabError) {
        guard let source else { return }
        source.signal(SIGTERM)
        guard source.wait(until: LabClock.now() + .seconds(20)) != nil else {
            throw LabError("The source of \(name) did not end within 20 s.")
        }
        self.source = nil
    }

    /// The machine as the master sees it.
    public func status() throws(LabError) -> Machine {
        guard let id else { throw LabError("\(name) is not protected.") }
        return try cluster.master().api.get(Machine.self, "/v1/machines/\(id)")
    }

    /// Waits until everything that was written is safe on two nodes.
    /// - Parameter isMeant: what else must be true of the machine.
    @discardableResult
    public func waitUntilSafe(
        within limit: Span, where isMeant: (Machine) -> Bool = { _ in true }
    ) throws(LabError) -> Machine {
        try Condition.wait(for: "\(name) to be safe", within: limit) { () throws(LabError) in
            let machine = try status()
            let stream = machine.stream
            guard stream.state == .streaming, stream.bytesBehind == 0, stream.isReplicated,
                machine.level == .replicated, isMeant(machine)
            else {
                throw LabError("the stream is \(stream), the alarms are \(machine.alarms)")
            }
            return machine
        }
    }

    /// Writes numbered blocks of 64 KiB, each other than all before, with a flush behind every eighth and the last.
    public func write(blocks: Range<Int>, to disk: NBDClient) throws(LabError) {
        for block in blocks {
            let bytes = (0..<65_536).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 8) ^ block) }
            try disk.write(bytes, at: UInt64(block) * 65_536)
            if block % 8 == 7 || block == blocks.upperBound - 1 { try disk.flush() }
        }
    }

    /// SHA-256 of what the machine has on its disk.
    public func content() throws(LabError) -> String {
        String(try Command.run(["sha256sum", image]).prefix(64))
    }

    /// SHA-256 of the newest point, as the receiver serves it.
    public func newestPoint() throws(LabError) -> String {
        let export = try open()
        let disk = try NBDClient(socket: export.socket, export: export.volumes[0])
        let copy = "\(directory)/newest"
        guard FileManager.default.createFile(atPath: copy, contents: nil), let file = FileHandle(forWritingAtPath: copy)
        else { throw LabError("\(copy) cannot be written.") }
        var offset: UInt64 = 0
        while offset < disk.size {
            let part = try disk.read(at: offset, count: Int(min(1 << 20, disk.size - offset)))
            do { try file.write(contentsOf: part) } catch { throw LabError("\(copy): \(error)") }
            offset += UInt64(part.count)
        }
        try close(export)
        return String(try Command.run(["sha256sum", copy]).prefix(64))
    }

    /// Opens a point for reading, or as a branch, on the receiver.
    public func open(_ arguments: [String] = []) throws(LabError) -> MachineExport {
        let text = try cluster.master().keelson(["export", name, "-o", "json"] + arguments)
        return try Self.decode(MachineExport.self, text)
    }

    public func close(_ export: MachineExport) throws(LabError) {
        try cluster.master().keelson(["export", name, "--end", export.name])
    }

    /// Points, newest first.
    public func points(limit: Int = 1000) throws(LabError) -> [MachinePoint] {
        let text = try cluster.master().keelson(["points", name, "-n", "\(limit)", "-o", "json"])
        return try Self.decode(ItemList<MachinePoint>.self, text).items
    }

    private func writeConfiguration(_ answer: ProtectAnswer) throws(LabError) {
        let text = """
            [machine]
            identity = "\(answer.machine.id)"
            data = "\(directory)/data"
            socket = "\(directory)/source.sock"

            [cluster]
            address = "\(LabNetwork.vip)"
            fingerprint = "\(answer.enrolment.authorityFingerprint)"

            [export]
            socket = "\(socket)"

            [memory]
            ring = 64
            spool-size = 256

            [volume-0]
            name = "\(Self.export)"
            path = "\(image)"

            """
        guard FileManager.default.createFile(atPath: configuration, contents: Data(text.utf8)) else {
            throw LabError("\(configuration) cannot be written.")
        }
    }

    private func run(_ arguments: [String]) throws(LabError) {
        try Command.run(["ip", "netns", "exec", space, lab.program("keelson-source")] + arguments)
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ text: String) throws(LabError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw LabError("The command's answer is not understood: \(error): \(text.prefix(300))")
        }
    }
}
