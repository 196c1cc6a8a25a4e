import CaptureProtocol
import Foundation
import Glibc
import Identity
import JoinCore
import Linux
import Primitives
import StreamProtocol

/// Sources and receivers without a cluster around them: the real daemons on loopback, told by hand what a master would
/// tell them. For measurements, where a cluster's own work would only be noise.
final class ReplicationRig {
    let folder: String
    private let programs: String
    private let authority: CertificateAuthority
    private let now = WallTime(Date())
    private(set) var nodes: [CaptureProcess] = []

    /// Starts the receivers.
    ///
    /// - Parameters:
    ///   - folder: on the disk that is measured; made here, removed by `end`.
    ///   - nodes: 1, or 2 for a second copy.
    init(folder: String, nodes count: Int) throws {
        self.folder = folder
        programs = try Lab.programFolder()
        authority = try CertificateAuthority(clusterName: "bench", at: now)
        try Command.run(["rm", "-rf", folder])
        try Command.run(["mkdir", "-p", folder])
        do { for number in 0..<count { nodes.append(try node(number)) } } catch {
            end()
            throw error
        }
    }

    /// Stops everything and removes the folder.
    func end() {
        for node in nodes { node.stop() }
        do { try Command.run(["rm", "-rf", folder], within: .seconds(300)) } catch { Terminal.say("\(error)") }
    }

    private func node(_ number: Int) throws -> CaptureProcess {
        let key = NodeKey()
        let certificate = try authority.issue(to: ProvenPublicKey(key), name: "n\(number)", addresses: [], at: now)
        let identities = IdentityFolder(path: "\(folder)/n\(number)/data/identity")
        try Command.run(["mkdir", "-p", identities.path])
        try DurableFile.replace(identities.keyPath, with: Array(key.pem.utf8), mode: 0o600)
        try identities.install(certificate, trust: authority.trust)
        return try CaptureProcess(
            key.node, program: "\(programs)/keelson-captured", folder: "\(folder)/n\(number)", port: Self.port(number))
    }

    /// Where a node takes streams.
    static func port(_ number: Int) -> Int { 27_444 + number }

    /// Assigns machines to the nodes.
    ///
    /// - Parameter window: seconds of which every point is kept; nil: as long as anybody would.
    func assign(_ machines: [MachineID], size: UInt64, blockSize: Int = 512, window: UInt64? = nil) throws {
        let assignments = machines.map { assignment($0, size: size, blockSize: blockSize, window: window) }
        for node in nodes {
            guard try node.ask(.assign(assignments)) == .done else { throw LabError("A receiver takes no assignment.") }
        }
    }

    private func assignment(
        _ machine: MachineID, size: UInt64, blockSize: Int = 512, window: UInt64? = nil
    ) -> StreamAssignment {
        StreamAssignment(
            machine: machine, name: "m\(machine)", epoch: 1, receiver: nodes[0].place,
            second: nodes.count > 1 ? nodes[1].place : nil,
            volumes: [.init(number: VolumeNumber(0), name: "disk", size: size, blockSize: blockSize)],
            level: nodes.count > 1 ? .replicated : .durable,
            retention: window.map { .init(window: $0, isHeld: false) } ?? .standard)
    }

    /// A source with everything that an enrolled one has, not started.
    ///
    /// - Parameters:
    ///   - image: its disk.
    ///   - spool: MiB; 0 for none.
    ///   - spoolPath: nil for a file beside what it remembers.
    ///   - wires: where it finds the nodes; empty: where they are.
    func source(
        _ machine: MachineID, image: String, size: UInt64, ring: Int = 256, spool: Int = 1024,
        spoolPath: String? = nil, wires: [String] = []
    ) throws -> SourceProcess {
        let place = "\(folder)/\(machine)"
        let identity = "\(place)/data/identity"
        try Command.run(["mkdir", "-p", identity])
        let key = NodeKey()
        let certificate = try authority.issueSource(machine, to: ProvenPublicKey(key), at: now)
        let files = [
            ("source.key", key.pem), ("source.crt", certificate.pem), ("ca.crt", authority.trust.pem),
            ("token", "km1.none"),
        ]
        for (name, text) in files {
            try DurableFile.replace("\(identity)/\(name)", with: Array(text.utf8), mode: 0o600)
        }
        var told = assignment(machine, size: size)
        if !wires.isEmpty {
            told.receiver.address = wires[0]
            if wires.count > 1 { told.second?.address = wires[1] }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try DurableFile.replace("\(place)/data/assignment.json", with: Array(encoder.encode(told)), mode: 0o600)
        let text = """
            [machine]
            identity = "\(machine)"
            data = "\(place)/data"
            socket = "\(place)/control"
            [cluster]
            address = "127.0.0.1"
            port = 1
            fingerprint = "\(authority.trust.fingerprint)"
            [export]
            socket = "\(place)/nbd"
            [memory]
            ring = \(ring)
            spool-size = \(spool)
            spool = "\(spoolPath ?? "\(place)/data/spool")"
            [volume-0]
            name = "disk"
            path = "\(image)"
            """
        try DurableFile.replace("\(place)/source.toml", with: Array(text.utf8), mode: 0o600)
        return SourceProcess(program: "\(programs)/keelson-source", folder: place)
    }
}

/// A running keelson-captured.
final class CaptureProcess {
    let place: StreamAssignment.Place
    private let program: String
    private let folder: String
    private var child: ChildProcess

    var pid: pid_t { child.pid }

    init(_ node: NodeID, program: String, folder: String, port: Int) throws {
        place = StreamAssignment.Place(node: node, address: "127.0.0.1:\(port)")
        self.program = program
        self.folder = folder
        // The address is of a network for documentation: the daemon does not look at it.
        let text = """
            [node]
            name = "bench"
            interface = "lo"
            address = "192.0.2.1/24"
            data = "\(folder)/data"
            run = "\(folder)/run"
            [capture]
            port = \(port)
            scrub-days = 0
            """
        try DurableFile.replace("\(folder)/keelson.toml", with: Array(text.utf8), mode: 0o600)
        child = try Self.start(program, folder)
        try awaitAnswer()
    }

    private static func start(_ program: String, _ folder: String) throws(LabError) -> ChildProcess {
        try ChildProcess.start(
            [program, "--configuration", "\(folder)/keelson.toml"], output: .file("\(folder)/captured.log"))
    }

    private func awaitAnswer() throws(LabError) {
        try Condition.hold("keelson-captured to answer", within: .seconds(20)) { () throws(LabError) in
            try ask(.status) != .done
        }
    }

    /// The power is cut, as far as the program knows.
    func kill() { child.killAndCollect() }

    func restart() throws(LabError) {
        child = try Self.start(program, folder)
        try awaitAnswer()
    }

    func stop() {
        child.signal(SIGTERM)
        if child.wait(until: LabClock.now() + .seconds(10)) == nil { child.killAndCollect() }
    }

    /// From disks, since its start (proc_pid_io(5)).
    func bytesRead() throws(LabError) -> UInt64 {
        let text = FileManager.default.contents(atPath: "/proc/\(pid)/io").map { String(decoding: $0, as: UTF8.self) }
        let line = text?.split(separator: "\n").first { $0.hasPrefix("read_bytes:") }
        guard let line, let bytes = UInt64(line.filter(\.isNumber)) else {
            throw LabError("/proc/\(pid)/io cannot be read.")
        }
        return bytes
    }

    func ask(_ request: CaptureRequest) throws(LabError) -> CaptureAnswer {
        do {
            let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
            return try JSONDecoder().decode(
                CaptureAnswer.self, from: try Question.ask(line, socket: "\(folder)/run/captured.sock"))
        } catch { throw LabError("keelson-captured: \(error)") }
    }

    func status(_ machine: MachineID) throws(LabError) -> StreamStatus {
        guard case .status(let all) = try ask(.status), let one = all.first(where: { $0.machine == machine }) else {
            throw LabError("A receiver knows nothing of machine \(machine).")
        }
        return one
    }
}

/// A keelson-source.
final class SourceProcess {
    private let program: String
    private let folder: String
    private var child: ChildProcess?

    /// What the source says of itself, as far as measurements need it.
    struct Status: Decodable {
        var state: String
        var generation: UInt64
        var sequence: UInt64
        var durable: UInt64
        var replicated: UInt64
        var bytesBehind: UInt64
        /// Nanoseconds since 1970; 0 when everything is safe.
        var oldestUnsafe: UInt64
        var bytesToCopy: UInt64
        var readBytes: UInt64
        /// The last trouble in a sentence.
        var trouble: String?
    }

    init(program: String, folder: String) {
        self.program = program
        self.folder = folder
    }

    var socket: String { "\(folder)/nbd" }
    /// What it said so far.
    var log: String { "\(folder)/source.log" }
    /// fio's arguments for the machine's disk.
    var engine: [String] { ["--ioengine=nbd", "--uri=nbd+unix:///disk?socket=\(socket)"] }

    func start() throws(LabError) {
        child = try ChildProcess.start(
            [program, "run", "--config", "\(folder)/source.toml"], output: .file(log))
    }

    func stop() {
        guard let child else { return }
        child.signal(SIGTERM)
        if child.wait(until: LabClock.now() + .seconds(20)) == nil { child.killAndCollect() }
        self.child = nil
    }

    /// Waits for its end by itself.
    ///
    /// - Returns: the wait status; nil when it runs all the same.
    func ended(within limit: Span) -> Int32? {
        let status = child?.wait(until: LabClock.now() + limit)
        if status != nil { child = nil }
        return status
    }

    /// The power of its machine is cut, as far as the program knows.
    func kill() {
        child?.killAndCollect()
        child = nil
    }

    func status() throws(LabError) -> Status {
        do {
            return try JSONDecoder().decode(
                Status.self, from: try Question.ask("status", socket: "\(folder)/control"))
        } catch { throw LabError("keelson-source: \(error)") }
    }

    /// Waits until everything that was written is safe at the level of the assignment, in order.
    func untilLevel(nodes: Int, within limit: Span) throws(LabError) {
        try Condition.hold("the stream of \(folder) to be level", within: limit) { () throws(LabError) in
            let status = try status()
            let safe = nodes > 1 ? status.replicated : status.durable
            return status.state == "stream" && status.bytesToCopy == 0 && status.bytesBehind == 0
                && safe == status.sequence && safe > 0
        }
    }
}

/// One line to a socket of a daemon, one back.
private enum Question {
    static func ask(_ line: String, socket path: String) throws -> Data {
        let socket = try UnixSocket.connect(path, kind: .stream)
        try socket.write(Array((line + "\n").utf8), subject: path)
        var lines = MessageLines(limit: CaptureRequest.longestLine)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let answer = try lines.next() { return Data(answer) }
            guard try Poller.waitReadable(socket, until: LabClock.now() + .seconds(20)),
                case .bytes(let count) = try socket.receive(into: &buffer)
            else { throw LabError("\(path) does not answer.") }
            lines.append(buffer[..<count])
        }
    }
}
