import Glibc
import Primitives
import Synchronization

/// What runs on a node. Started at power-on, in an otherwise fresh network namespace.
public protocol NodeSoftware: Sendable {
    /// Starts the node's programs with `LabNode.start`; they find the data of an earlier life in the node's folder.
    func boot(_ node: LabNode) throws(LabError)
}

/// One machine of the lab: a network namespace, a folder that survives power cuts, and processes.
public final class LabNode: Sendable {
    /// Counted from 1.
    public let index: Int
    private unowned let lab: Lab
    private let software: any NodeSoftware
    let hardware: LabHardware
    private let children = Mutex<[ChildProcess]>([])

    init(index: Int, lab: Lab, software: any NodeSoftware, hardware: LabHardware) {
        self.index = index
        self.lab = lab
        self.software = software
        self.hardware = hardware
    }

    public var name: String { "n\(index)" }
    public var space: String { lab.network.node(index) }
    public var address: String { LabNetwork.address(index) }
    /// The node's folder: configuration, data, sockets, output of its programs.
    public var directory: String { "\(lab.directory)/\(name)" }
    public var programs: String { lab.programs }

    /// Makes the namespace and starts the software.
    public func powerOn() throws(LabError) {
        try lab.network.plugIn(node: index)
        try software.boot(self)
    }

    /// Cuts the power: no frame leaves any more, then SIGKILL to everything at once.
    /// - Returns: when the cut began.
    @discardableResult
    public func cutPower() throws(LabError) -> Instant {
        let moment = LabClock.now()
        try lab.network.setCable(node: index, connected: false)
        killAll()
        return moment
    }

    /// Power back after `cutPower`, with the same data.
    public func restorePower() throws(LabError) {
        try lab.network.unplug(node: index)
        try powerOn()
    }

    /// Of everything that runs in the node.
    private var environment: [String: String] { lab.environment.merging(clockEnvironment) { $1 } }

    public func setCable(connected: Bool) throws(LabError) {
        try lab.network.setCable(node: index, connected: connected)
    }

    /// Starts a program in the node.
    @discardableResult
    public func start(_ arguments: [String], output: String) throws(LabError) -> ChildProcess {
        let child = try ChildProcess.start(
            ["ip", "netns", "exec", space] + arguments, environment: environment,
            output: .file("\(directory)/\(output)"))
        children.withLock { $0.append(child) }
        return child
    }

    /// Sends a signal to every process of a program in this node.
    /// - Throws: `LabError` when the program does not run here.
    public func signal(_ number: Int32, program: String) throws(LabError) {
        let pids = processes(of: program)
        guard !pids.isEmpty else { throw LabError("\(program) does not run on \(name).") }
        for pid in pids { kill(pid, number) }
    }

    /// Stops (SIGSTOP) or continues (SIGCONT) the whole node at once, as a stunned virtual machine.
    public func signalAll(_ number: Int32) {
        for pid in NamespaceProcesses(name: space)?.list() ?? [] { kill(pid, number) }
    }

    /// Process ids of a program in this node, by the base name of its first argument.
    public func processes(of program: String) -> [pid_t] {
        (NamespaceProcesses(name: space)?.list() ?? []).filter { ProcessFacts.program(of: $0) == program }
    }

    /// SIGKILL to everything in the node.
    func killAll() {
        let mine = children.withLock { children in
            defer { children = [] }
            return children
        }
        NamespaceProcesses(name: space)?.killAll(collecting: mine)
        for child in mine { child.collect() }
    }
}
