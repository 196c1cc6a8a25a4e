import Foundation
import Glibc
import Linux
import Primitives
import Synchronization

/// One run of the lab: its wires, its nodes and its folder. Removed in all cases: at the end, on SIGINT, SIGTERM and
/// SIGHUP (`LabGuard`), and by the next run when this process was killed.
public final class Lab: Sendable {
    /// Every process of a run carries this variable with the run's name, so that a later run knows it.
    static let mark = "KEELSON_LAB"
    private static let counter = Mutex(0)

    /// `k` and the process id; the second lab of one process adds `x2`.
    public let name: String
    public let directory: String
    /// Where the programs of this build lie, `lab` itself among them.
    public let programs: String
    public let network: LabNetwork
    private let nodeList = Mutex<[LabNode]>([])
    /// The responder on the gateway: the lab's time server.
    private let gateway = Mutex<ChildProcess?>(nil)

    /// Makes the wires and the client; nodes follow with `addNode`.
    ///
    /// Removes the leftovers of runs whose process is gone.
    /// - Throws: `LabError` when not root or when the kernel or iproute2 refuses.
    public init() throws(LabError) {
        guard geteuid() == 0 else { throw LabError("The lab needs root: it makes network namespaces.") }
        try Leftovers.remove()
        let number = Self.counter.withLock { counter in
            counter += 1
            return counter
        }
        name = "k\(getpid())" + (number > 1 ? "x\(number)" : "")
        directory = "\(Leftovers.folder)/\(name)"
        programs = try Self.programFolder()
        network = LabNetwork(name: name)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw LabError("The folder \(directory) cannot be made: \(error)")
        }
        // A power cut orphans what the supervisor had started, and not every process 1 collects orphans.
        do throws(SystemError) { try Privileges.adoptOrphans() } catch { throw LabError("\(error)") }
        LabGuard.watch(self)
        do {
            try network.create()
            let child = try ChildProcess.start(
                ["ip", "netns", "exec", network.bridge, program("lab"), "responder", "gateway"],
                environment: environment, output: .file("\(directory)/gateway.log"))
            gateway.withLock { $0 = child }
        } catch {
            try remove()
            throw error
        }
    }

    /// The nodes made so far, in order.
    public var nodes: [LabNode] { nodeList.withLock { $0 } }

    /// The node with this name.
    public func node(named name: String) throws(LabError) -> LabNode {
        guard let node = nodes.first(where: { $0.name == name }) else {
            throw LabError("There is no node named \(name) in this lab.")
        }
        return node
    }

    /// Makes the next node, switched off.
    public func addNode(
        _ software: any NodeSoftware, _ hardware: LabHardware = LabHardware()
    ) throws(LabError) -> LabNode {
        let node = LabNode(index: nodes.count + 1, lab: self, software: software, hardware: hardware)
        do {
            try FileManager.default.createDirectory(atPath: node.directory, withIntermediateDirectories: true)
        } catch {
            throw LabError("The folder \(node.directory) cannot be made: \(error)")
        }
        if let size = hardware.diskMiB { try node.mountDisk(mebibytes: size) }
        if hardware.hasOwnClock { try node.writeClock(.zero) }
        nodeList.withLock { $0.append(node) }
        return node
    }

    /// Starts the client that asks the VIP every 5 ms.
    public func startProbe(_ targets: [ProbeRow.Target], authority: String? = nil) throws(LabError) -> Probe {
        try Probe(
            program: program("lab"), space: network.client, targets: targets, authority: authority,
            environment: environment)
    }

    /// Path of a program of this build.
    public func program(_ name: String) -> String { "\(programs)/\(name)" }

    /// What every process of this run gets into its environment.
    public var environment: [String: String] { [Self.mark: name] }

    /// Kills everything that this run started and removes its namespaces and files. Can be called again.
    public func remove() throws(LabError) {
        try Leftovers.resumeDisks(below: directory)
        for node in nodes { node.killAll() }
        gateway.withLock { child in
            child?.killAndCollect()
            child = nil
        }
        for space in try LabNetwork.spaces() where space.hasPrefix("\(name)-") {
            NamespaceProcesses(name: space)?.killAll(collecting: [])
        }
        Leftovers.killMarked { $0 == self.name }
        try network.remove()
        try Leftovers.removeFolder(directory)
        LabGuard.forget(self)
    }

    /// Why whole clusters cannot run here; nil when they can.
    public static var obstacle: String? {
        guard geteuid() == 0 else { return "not root" }
        for program in ["/usr/bin/etcd", "/usr/sbin/ip", "/usr/sbin/nft"] where access(program, X_OK) != 0 {
            return "\(program) is not installed"
        }
        return nil
    }

    static func programFolder() throws(LabError) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw .system("Reading /proc/self/exe", errno) }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        if access("\(folder)/lab", X_OK) == 0 { return folder }
        // The test runner may lie elsewhere: its bundle names the build's folder.
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            let candidate = argument.split(separator: "/").prefix { !$0.hasSuffix(".xctest") }
                .reduce("") { "\($0)/\($1)" }
            if access("\(candidate)/lab", X_OK) == 0 { return candidate }
        }
        throw LabError("The program 'lab' does not lie beside \(path): build it first.")
    }
}
