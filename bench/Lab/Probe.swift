import Glibc
import Primitives
import Synchronization

/// The client process in its namespace and the thread that reads its rows.
public final class Probe: Sendable {
    public let log: ProbeLog
    private let child: ChildProcess

    /// - Parameters:
    ///   - program: path of the `lab` program.
    ///   - space: the client's network namespace.
    ///   - targets: what to ask.
    ///   - authority: PEM file of the cluster's CA.
    public init(
        program: String, space: String, targets: [ProbeRow.Target], authority: String? = nil,
        environment: [String: String]
    ) throws(LabError) {
        let pipe = try Pipe()
        var arguments = ["ip", "netns", "exec", space, program, "client"]
        for target in targets { arguments += ["--target", target.rawValue] }
        if let authority { arguments += ["--authority", authority] }
        child = try ChildProcess.start(
            arguments, environment: environment, output: .descriptor(pipe.writing))
        pipe.closeWriting()
        let log = ProbeLog()
        self.log = log
        let reader = ProbeReader(pipe: pipe, log: log)
        reader.start()
    }

    public func stop() { child.killAndCollect() }
}

/// Turns the client's bytes into rows on a thread of its own.
private final class ProbeReader: @unchecked Sendable {
    private let pipe: Pipe
    private let log: ProbeLog

    init(pipe: Pipe, log: ProbeLog) {
        self.pipe = pipe
        self.log = log
    }

    func start() {
        var thread = pthread_t()
        let reference = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(&thread, nil, readProbeRows, reference)
        precondition(result == 0, "a thread for the client's rows can be made")
        pthread_detach(thread)
    }

    func run() {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(pipe.reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            pending.append(contentsOf: buffer[..<count])
            let lines = pending.split(separator: 10, omittingEmptySubsequences: false)
            for line in lines.dropLast() {
                if let row = ProbeRow(String(decoding: line, as: UTF8.self)) { log.append(row) }
            }
            pending = Array(lines.last ?? [])
        }
    }
}

private func readProbeRows(_ reference: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let reference else { return nil }
    Unmanaged<ProbeReader>.fromOpaque(reference).takeRetainedValue().run()
    return nil
}
