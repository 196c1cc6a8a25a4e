import APIProtocol
import Primitives

/// A disk that is written to and replicated while people watch: part of `make run`.
public final class DiskShow {
    private let cluster: KeelsonCluster
    private let machine: ProtectedMachine
    private let disk: NBDClient
    private var block = 0
    private var slowestWrite = Span.zero
    private static let blocks = 512

    /// Protects a machine with a small disk.
    public init(cluster: KeelsonCluster) throws(LabError) {
        self.cluster = cluster
        machine = try ProtectedMachine(cluster: cluster, name: "orders", mebibytes: 64)
        try machine.protect()
        disk = try NBDClient(socket: machine.socket, export: ProtectedMachine.export)
    }

    /// Writes one more block and flushes it, as a database does with a commit.
    public func write() throws(LabError) {
        let start = LabClock.now()
        try machine.write(blocks: block..<block + 1, to: disk)
        slowestWrite = max(slowestWrite, LabClock.now() - start)
        block = (block + 1) % Self.blocks
    }

    /// How its stream is, in a line.
    public func line() -> String {
        do throws(LabError) {
            let (now, names) = (try machine.status(), try cluster.nodeNames())
            let lag = now.stream.lagSeconds.map { "\(Int($0 * 1000)) ms" } ?? "-"
            return "disk \(machine.name): \(now.stream.state.rawValue), lag \(lag), "
                + "\(now.stream.bytesBehind) bytes behind, receiver \(names[now.receiver] ?? "-"), "
                + "second \(now.second.flatMap { names[$0] } ?? "none")\(now.stream.isReplicated ? ", on both" : "")"
        } catch {
            return "disk \(machine.name): \(error)"
        }
    }

    /// Cuts the power of the node that receives, goes on writing, and compares.
    /// - Parameter watch: called again and again meanwhile.
    /// - Returns: sentences about what happened.
    /// - Throws: `LabError` when the stream does not go on or something is missing.
    public func loseReceiver(watching watch: () -> Void) throws(LabError) -> [String] {
        let before = try machine.waitUntilSafe(within: .seconds(30))
        let receiver = try cluster.node(before.receiver)
        slowestWrite = .zero
        let fault = try receiver.cutPower()
        Terminal.say("The power of \(receiver.name), which receives the disk's writes, is cut.")
        try Condition.hold("two other nodes are assigned", within: .seconds(60)) { () throws(LabError) in
            try write()
            watch()
            let now = try machine.status()
            guard now.receiver != before.receiver, let second = now.second, second != before.receiver else {
                throw LabError(line())
            }
            return true
        }
        let after = try machine.waitUntilSafe(within: .seconds(60))
        let healed = LabClock.now() - fault
        guard try machine.newestPoint() == machine.content() else {
            throw LabError("What the survivor serves is not what is on the disk.")
        }
        let names = try cluster.nodeNames()
        let notes = [
            "the disk's slowest write with flush meanwhile: \(slowestWrite)",
            "on two nodes again after \(healed): \(names[after.receiver] ?? "-") receives, "
                + "\(after.second.flatMap { names[$0] } ?? "-") has the second copy; nothing is missing",
        ]
        for note in notes { Terminal.say(note) }
        try receiver.restorePower()
        try cluster.waitUntilWhole(within: .seconds(60))
        return notes
    }
}

extension KeelsonCluster {
    func nodeNames() throws(LabError) -> [NodeID: String] {
        Dictionary(uniqueKeysWithValues: try status().nodes.map { ($0.id, $0.name) })
    }
}
